import {
  type Bytes,
  corrupt,
  getBytes,
  getF64,
  getHash,
  getHeader,
  getU8,
  getVarint,
  putBytes,
  putF64,
  putHash,
  putHeader,
  putU8,
  putVarint,
  reader,
  reserve,
  writer,
  written,
} from "../../store/binary.ts";
import { freshSession, MAX_ENTRIES, type Session } from "./session.ts";

/** "TWSE" read as a little-endian number. */
const MAGIC = 0x45535754;
const VERSION = 1;
const FIXED_BYTES = 64;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const scratch = writer(1 << 12);

/** The session as bytes: 30 and about 14 per template and 4 per step; a usual one has 100 to 400. */
export const encodeSession = (session: Session): Uint8Array => {
  const to = scratch;
  to.at = 0;
  putHeader(to, MAGIC, VERSION);
  putText(to, session.key);
  putF64(to, session.firstMs);
  putVarint(to, session.lastMs - session.firstMs);
  putVarint(to, session.longestGapMs);
  putVarint(to, session.lines);
  putVarint(to, session.others);
  const objects = [...new Set(session.entries.map(({ first }) => first.object))];
  putVarint(to, objects.length);
  for (const object of objects) putText(to, object);
  putVarint(to, session.entries.length);
  for (const { templateId, count, first } of session.entries) {
    reserve(to, FIXED_BYTES);
    putHash(to, templateId);
    putVarint(to, count);
    putU8(to, objects.indexOf(first.object));
    putVarint(to, first.line);
  }
  putVarint(to, session.steps.size);
  for (const [step, count] of session.steps) {
    reserve(to, FIXED_BYTES);
    putVarint(to, step);
    putVarint(to, count);
  }
  // 0 stands for none.
  putVarint(to, session.newest + 1);
  return written(to);
};

/** Throws `CORRUPT` on anything that `encodeSession` cannot have written. @param what names the bytes in errors */
export const decodeSession = (bytes: Uint8Array, what: string): Session => {
  const from = reader(bytes, what);
  getHeader(from, MAGIC, VERSION);
  const session = freshSession(getText(from), getF64(from));
  if (!Number.isFinite(session.firstMs)) throw corrupt(what, `${session.firstMs} is no time`);
  session.lastMs = session.firstMs + getVarint(from);
  session.longestGapMs = getVarint(from);
  session.lines = getVarint(from);
  session.others = getVarint(from);
  const objects: string[] = [];
  for (let left = getVarint(from); left > 0; left--) objects.push(getText(from));
  for (let left = atMost(from, getVarint(from), MAX_ENTRIES); left > 0; left--) {
    const [templateId, count, object, line] = [getHash(from), getVarint(from), getU8(from), getVarint(from)];
    if (objects[object] === undefined) throw corrupt(what, `it has no object ${object}`);
    session.entries.push({ templateId, count, first: { object: objects[object], line } });
  }
  for (let left = getVarint(from); left > 0; left--) session.steps.set(getVarint(from), getVarint(from));
  session.newest = atMost(from, getVarint(from), session.entries.length) - 1;
  if (from.at !== from.end) throw corrupt(what, `${from.end - from.at} bytes are left over`);
  return session;
};

const putText = (to: Bytes, text: string): void => {
  const bytes = encoder.encode(text);
  reserve(to, bytes.length + FIXED_BYTES);
  putVarint(to, bytes.length);
  putBytes(to, bytes);
};

const getText = (from: Bytes): string => decoder.decode(getBytes(from, getVarint(from)));

const atMost = (from: Bytes, value: number, most: number): number => {
  if (value > most) throw corrupt(from.what, `${value} is more than ${most}`);
  return value;
};

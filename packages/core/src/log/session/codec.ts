import {
  type Bytes,
  corrupt,
  getF64,
  getHash,
  getHeader,
  getText,
  getU8,
  getVarint,
  putF64,
  putHash,
  putHeader,
  putText,
  putU8,
  putVarint,
  reader,
  reserve,
  writer,
  written,
} from "../../store/binary.ts";
import { getDigits, putDigits } from "../../store/shard-codec.ts";
import { freshSession, MAX_ENTRIES, type Session } from "./session.ts";

/** "TWSE" read as a little-endian number. */
const MAGIC = 0x45535754;
const VERSION = 2;
/** More than an entry, or a step, takes. */
const FIXED_BYTES = 384;

const scratch = writer(1 << 12);

/** The session as bytes: 30 and, for each template, 22 and half as many as the sequence number has digits, 4 per step. */
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
  const shards = [...new Set(session.entries.map(({ first }) => first.shardId))];
  putVarint(to, shards.length);
  for (const shardId of shards) putText(to, shardId);
  putVarint(to, session.entries.length);
  for (const { templateId, count, first } of session.entries) {
    reserve(to, FIXED_BYTES);
    putHash(to, templateId);
    putVarint(to, count);
    putU8(to, shards.indexOf(first.shardId));
    putDigits(to, first.sequenceNumber);
    putVarint(to, first.arrivalMs);
    putVarint(to, first.part);
    putVarint(to, first.digest);
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
  const shards: string[] = [];
  for (let left = getVarint(from); left > 0; left--) shards.push(getText(from));
  for (let left = atMost(from, getVarint(from), MAX_ENTRIES); left > 0; left--) {
    const [templateId, count, shard] = [getHash(from), getVarint(from), getU8(from)];
    const [sequenceNumber, arrivalMs] = [getDigits(from), getVarint(from)];
    const [part, digest] = [getVarint(from), getVarint(from)];
    const shardId = shards[shard];
    if (shardId === undefined) throw corrupt(what, `it has no shard ${shard}`);
    session.entries.push({ templateId, count, first: { shardId, sequenceNumber, arrivalMs, part, digest } });
  }
  for (let left = getVarint(from); left > 0; left--) session.steps.set(getVarint(from), getVarint(from));
  session.newest = atMost(from, getVarint(from), session.entries.length) - 1;
  if (from.at !== from.end) throw corrupt(what, `${from.end - from.at} bytes are left over`);
  return session;
};

const atMost = (from: Bytes, value: number, most: number): number => {
  if (value > most) throw corrupt(from.what, `${value} is more than ${most}`);
  return value;
};

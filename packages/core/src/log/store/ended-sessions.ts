import {
  corrupt,
  getBytes,
  getHeader,
  getVarint,
  putBytes,
  putHeader,
  putVarint,
  reader,
  reserve,
  writer,
  written,
} from "../../store/binary.ts";
import { decodeSession, encodeSession } from "../session/codec.ts";
import type { Session } from "../session/session.ts";

/** "TWES" read as a little-endian number. */
const MAGIC = 0x53455754;
const VERSION = 1;
/** More than a header, or a varint, takes. */
const FIXED_BYTES = 16;

/** Sessions that ended, packed one after the other: what an item of ended sessions holds. */
export const encodeEnded = (sessions: readonly Session[]): Uint8Array => {
  const to = writer(1 << 12);
  putHeader(to, MAGIC, VERSION);
  putVarint(to, sessions.length);
  for (const session of sessions) {
    const bytes = encodeSession(session);
    reserve(to, bytes.length + 2 * FIXED_BYTES);
    putVarint(to, bytes.length);
    putBytes(to, bytes);
  }
  return written(to);
};

/** Throws `CORRUPT` on anything that `encodeEnded` cannot have written. @param what names the bytes in errors */
export const decodeEnded = (bytes: Uint8Array, what: string): Session[] => {
  const from = reader(bytes, what);
  getHeader(from, MAGIC, VERSION);
  const sessions: Session[] = [];
  for (let left = getVarint(from); left > 0; left--) {
    sessions.push(decodeSession(getBytes(from, getVarint(from)), what));
  }
  if (from.at !== from.end) throw corrupt(what, `${from.end - from.at} bytes are left over`);
  return sessions;
};

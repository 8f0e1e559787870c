import {
  corrupt,
  getBytes,
  getHeader,
  getU8,
  getVarint,
  putBytes,
  putHeader,
  putU8,
  putVarint,
  reader,
  reserve,
  writer,
  written,
} from "../../store/binary.ts";
import type { Item } from "../../store/ports.ts";
import { getShards, putShards, type SeenShard, SHARD_BYTES } from "../../store/shard-codec.ts";
import { decodeSession, encodeSession } from "../session/codec.ts";
import type { Session } from "../session/session.ts";
import { StoredVerdict } from "./stored-verdict.ts";

/** "TWSH" read as a little-endian number. */
const MAGIC = 0x48535754;
const VERSION = 1;
const END_REASONS = ["open", "idle", "length"] as const;

/**
 * The one mutable item of a session key. Its version is the number of lines applied and of sessions ended, so that it
 * is the same whatever the batches were.
 */
export type SessionHead = {
  /** Lines of the key, those of earlier sessions too. */
  lines: number;
  /** How often a session of the key has ended. */
  ended: number;
  /** Last record applied per shard; `lastMs` is the latest arrival of its records. */
  shards: SeenShard[];
  state: (typeof END_REASONS)[number];
  /** The open session, or the one that ended last. */
  session: Session;
  /** Of a session that has ended, or that nothing can repair any more; `undefined` while no model has judged it. */
  verdict: StoredVerdict | undefined;
};

export const sessionHeadVersion = ({ lines, ended }: Pick<SessionHead, "lines" | "ended">): number => lines + ended;

/** What an item holds of a head, besides its key, version and expiry. */
export const encodeSessionHead = (head: SessionHead): Pick<Item, "bytes" | "doc"> => {
  const session = encodeSession(head.session);
  const to = writer(64 + SHARD_BYTES * head.shards.length + session.length);
  putHeader(to, MAGIC, VERSION);
  reserve(to, 32);
  putVarint(to, head.lines);
  putVarint(to, head.ended);
  putU8(to, END_REASONS.indexOf(head.state));
  putShards(to, head.shards);
  reserve(to, session.length);
  putBytes(to, session);
  return { bytes: written(to), ...(head.verdict && { doc: JSON.stringify(head.verdict) }) };
};

/** Throws `CORRUPT`, naming the session, for what `encodeSessionHead` cannot have written. */
export const decodeSessionHead = (item: Item): SessionHead => {
  const what = `the head of ${item.pk}`;
  if (!item.bytes) throw corrupt(what, "it has no bytes");
  const from = reader(item.bytes, what);
  getHeader(from, MAGIC, VERSION);
  const [lines, ended] = [getVarint(from), getVarint(from)];
  const state = END_REASONS[getU8(from)];
  if (state === undefined) throw corrupt(what, "it has no known state");
  const shards = getShards(from);
  const session = decodeSession(getBytes(from, from.end - from.at), what);
  return { lines, ended, shards, state, session, verdict: verdictOf(item.doc, what) };
};

const verdictOf = (doc: string | undefined, what: string): StoredVerdict | undefined => {
  if (doc === undefined) return undefined;
  try {
    return StoredVerdict.parse(JSON.parse(doc));
  } catch {
    throw corrupt(what, "its verdict cannot be read");
  }
};

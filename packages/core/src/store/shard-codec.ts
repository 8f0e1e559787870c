import { type Bytes, corrupt, getAscii, getU8, getVarint, putAscii, putU8, putVarint, reserve } from "./binary.ts";

/** Shards and sequence numbers, packed: a head has them for each shard, and every batch writes it. */

/** Most bytes of a shard in a head: id, sequence number and time. */
export const SHARD_BYTES = 3 * 256;

/** How Kinesis names shards, and the streams here: a prefix and twelve digits. Other ids are kept as text. */
const NUMBERED = /^shardId-\d{12}$/;
const PREFIX = "shardId-";
/** One more than the shard's number; 0 for a text that follows. */
const AS_TEXT = 0;

const putShardId = (to: Bytes, shardId: string): void => {
  if (NUMBERED.test(shardId)) {
    putVarint(to, Number(shardId.slice(PREFIX.length)) + 1);
  } else {
    putVarint(to, AS_TEXT);
    putAscii(to, shardId);
  }
};

const getShardId = (from: Bytes): string => {
  const code = getVarint(from);
  return code === AS_TEXT ? getAscii(from) : nameOf(code - 1);
};

/** The id read last: heads of one batch name the same shard over and over. */
let last = { number: -1, shardId: "" };
const nameOf = (number: number): string => {
  if (number !== last.number) last = { number, shardId: `${PREFIX}${String(number).padStart(12, "0")}` };
  return last.shardId;
};

/** Digits that are packed at a time, and the bytes they take: 10^12 is below 2^40. The rest takes fewer. */
const GROUP_DIGITS = 12;
const BYTES_OF = Array.from({ length: GROUP_DIGITS + 1 }, (_, digits) => Math.ceil((digits * Math.log2(10)) / 8));

/** A decimal number of up to 255 digits as a byte of length and groups of binary numbers: 56 digits are 25 bytes. */
export const putDigits = (to: Bytes, digits: string): void => {
  putU8(to, digits.length);
  for (let at = 0; at < digits.length; at += GROUP_DIGITS) {
    const group = digits.slice(at, at + GROUP_DIGITS);
    let rest = Number(group);
    for (let left = BYTES_OF[group.length]!; left > 0; left--) {
      const next = Math.floor(rest / 256);
      putU8(to, rest - next * 256);
      rest = next;
    }
  }
};

export const getDigits = (from: Bytes): string => {
  let digits = "";
  for (let left = getU8(from); left > 0; left -= GROUP_DIGITS) {
    const length = Math.min(left, GROUP_DIGITS);
    let value = 0;
    let scale = 1;
    for (let bytes = BYTES_OF[length]!; bytes > 0; bytes--, scale *= 256) value += getU8(from) * scale;
    const group = String(value).padStart(length, "0");
    if (group.length > length) throw corrupt(from.what, "a sequence number has too many digits");
    digits += group;
  }
  return digits;
};

/** The last record of each shard that somebody has applied; `lastMs` is the latest arrival of its records. */
export type SeenShard = { shardId: string; sequenceNumber: string; lastMs: number };

export const putShards = (to: Bytes, shards: readonly SeenShard[]): void => {
  reserve(to, (shards.length + 1) * SHARD_BYTES);
  putVarint(to, shards.length);
  for (const { shardId, sequenceNumber, lastMs } of shards) {
    putShardId(to, shardId);
    putDigits(to, sequenceNumber);
    putVarint(to, lastMs);
  }
};

export const getShards = (from: Bytes): SeenShard[] => {
  const shards: SeenShard[] = [];
  for (let left = getVarint(from); left > 0; left--) {
    shards.push({ shardId: getShardId(from), sequenceNumber: getDigits(from), lastMs: getVarint(from) });
  }
  return shards;
};

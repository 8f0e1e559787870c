/**
 * Sequence numbers look as those of Kinesis: 56 decimal digits that begin with 49. Here they are the prefix, 4 digits
 * of shard, and 16 digits of the record's position in its shard, from 1, without gaps.
 */
const PREFIX = `496${"0".repeat(33)}`;
const SHARD_DIGITS = 4;
const POSITION_DIGITS = 16;
const PATTERN = new RegExp(`^${PREFIX}\\d{${SHARD_DIGITS + POSITION_DIGITS}}$`);

/** Position of a shard's first record. */
export const FIRST_POSITION = 1;

export const sequenceNumberOf = (shard: number, position: number): string =>
  shardPrefix(shard) + String(position).padStart(POSITION_DIGITS, "0");

/** All but the position, for loops over many records of one shard. */
export const shardPrefix = (shard: number): string => PREFIX + String(shard).padStart(SHARD_DIGITS, "0");

/** `undefined` for a text that this stream has never given out. */
export const parseSequenceNumber = (text: string): { shard: number; position: number } | undefined => {
  if (!PATTERN.test(text)) return undefined;
  const position = Number(text.slice(-POSITION_DIGITS));
  if (!Number.isSafeInteger(position)) return undefined;
  return { shard: Number(text.slice(PREFIX.length, PREFIX.length + SHARD_DIGITS)), position };
};

import { hash } from "node:crypto";

/** Partition keys are spread over the hash keys 0 … 2^128 − 1 by their MD5, big-endian, as Kinesis does. */
const HASH_KEYS = 1n << 128n;

/** `shardId-000000000003` for shard 3. */
export const shardIdOf = (shard: number): string => `shardId-${String(shard).padStart(12, "0")}`;

/** First hash key of a shard when the space is shared out evenly; that of the shard after the last is 2^128. */
export const firstHashKey = (shard: number, shards: number): bigint => (HASH_KEYS * BigInt(shard)) / BigInt(shards);

/** The shard whose range holds the hash key: the last one whose first key is not above it. */
export const shardOfHashKey = (hashKey: bigint, shards: number): number =>
  Number(((hashKey + 1n) * BigInt(shards) - 1n) / HASH_KEYS);

export const hashKeyOf = (partitionKey: string): bigint => BigInt(`0x${hash("md5", partitionKey, "hex")}`);

/** Decimal text without leading zeros, 0 … 2^128 − 1; anything else is `undefined`. */
export const parseHashKey = (text: string): bigint | undefined => {
  if (!/^(0|[1-9]\d{0,38})$/.test(text)) return undefined;
  const key = BigInt(text);
  return key < HASH_KEYS ? key : undefined;
};

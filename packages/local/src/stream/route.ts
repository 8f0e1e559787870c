import { AppError } from "@tidewatch/core/errors";
import type { StreamEntry } from "@tidewatch/core/store/ports";
import { hashKeyOf, parseHashKey, shardOfHashKey } from "./shards.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html: characters of a partition key. */
const MAX_PARTITION_KEY_LENGTH = 256;
/** The most that Kinesis takes, with its large-record setting on; the endpoint's own limit is lower. */
const MAX_RECORD_BYTES = 10 * 1024 * 1024;
/** Series come back with every batch, so their MD5 is worth keeping; emptied when full, as a flood of keys would fill it. */
const CACHED_KEYS = 65_536;

/** Says which shard an entry goes to. @throws AppError VALIDATION, TOO_LARGE */
export const router = (shards: number): ((entry: StreamEntry) => number) => {
  const known = new Map<string, number>();

  const byPartitionKey = (partitionKey: string): number => {
    const cached = known.get(partitionKey);
    if (cached !== undefined) return cached;
    if (partitionKey.length < 1 || partitionKey.length > MAX_PARTITION_KEY_LENGTH) {
      throw new AppError("VALIDATION", `a partition key has 1 to ${MAX_PARTITION_KEY_LENGTH} characters`);
    }
    const shard = shardOfHashKey(hashKeyOf(partitionKey), shards);
    if (known.size >= CACHED_KEYS) known.clear();
    known.set(partitionKey, shard);
    return shard;
  };

  return ({ partitionKey, explicitHashKey, data }) => {
    if (data.length > MAX_RECORD_BYTES) {
      throw new AppError("TOO_LARGE", `a record has at most ${MAX_RECORD_BYTES} bytes, this one has ${data.length}`);
    }
    const shard = byPartitionKey(partitionKey);
    if (explicitHashKey === undefined) return shard;
    const hashKey = parseHashKey(explicitHashKey);
    if (hashKey === undefined) {
      throw new AppError("VALIDATION", "an explicit hash key is a decimal number below 2^128");
    }
    return shardOfHashKey(hashKey, shards);
  };
};

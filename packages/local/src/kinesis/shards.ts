import type { StreamReader } from "../stream/reader.ts";
import { FIRST_POSITION, parseSequenceNumber, sequenceNumberOf } from "../stream/sequence.ts";
import { firstHashKey, shardIdOf } from "../stream/shards.ts";
import { ACCOUNT_ID } from "./stream-name.ts";
import { type WireError, wireError } from "./wire-error.ts";

/** A shard id is a name, a dash and a number; the service reads only the number, whatever stands before. */
const SHARD_NUMBER = /^(?:.*-)?(\d+)$/;
const MAX_SHARD_NUMBER = 2 ** 31 - 1;

/** Canonical id of a shard of this stream. @throws WireError ResourceNotFoundException */
export const requireShard = (reader: StreamReader, streamName: string, given: string): string => {
  const number = Number(SHARD_NUMBER.exec(given)?.[1] ?? Number.NaN);
  if (!(number <= MAX_SHARD_NUMBER)) {
    const message = `Could not find shard ${given} in stream ${streamName} under account ${ACCOUNT_ID}.`;
    throw wireError("ResourceNotFoundException", message);
  }
  const shardId = shardIdOf(number);
  if (!reader.shardIds().includes(shardId)) throw noSuchShard(streamName, shardId);
  return shardId;
};

export const noSuchShard = (streamName: string, shardId: string): WireError =>
  wireError(
    "ResourceNotFoundException",
    `Shard ${shardId} in stream ${streamName} under account ${ACCOUNT_ID} does not exist`,
  );

/** The shards as `DescribeStream` and `ListShards` show them. */
export const describeShards = (reader: StreamReader) => {
  const shardIds = reader.shardIds();
  return shardIds.map((shardId, shard) => ({
    ShardId: shardId,
    HashKeyRange: {
      StartingHashKey: String(firstHashKey(shard, shardIds.length)),
      EndingHashKey: String(firstHashKey(shard + 1, shardIds.length) - 1n),
    },
    SequenceNumberRange: { StartingSequenceNumber: sequenceNumberOf(shard, FIRST_POSITION) },
  }));
};

/** A sequence number that this shard gave out or will. @throws WireError InvalidArgumentException */
export const requireSequenceNumber = (text: string, shardId: string, streamName: string): void => {
  const parsed = parseSequenceNumber(text);
  const where = `used in GetShardIterator on shard ${shardId} in stream ${streamName} under account ${ACCOUNT_ID}`;
  if (!parsed) {
    const message = `StartingSequenceNumber ${text} ${where} is invalid because it did not come from this stream.`;
    throw wireError("InvalidArgumentException", message);
  }
  if (shardIdOf(parsed.shard) === shardId) return;
  const encoded = `Invalid StartingSequenceNumber. It encodes ${shardIdOf(parsed.shard)}`;
  throw wireError("InvalidArgumentException", `${encoded}, while it was used in a call to a shard with ${shardId}`);
};

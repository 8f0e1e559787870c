import type { StreamReader } from "../stream/reader.ts";
import type { Served } from "./describe.ts";
import type { Fields } from "./fields.ts";
import { decodeIterator, encodeIterator } from "./iterator.ts";
import { noSuchShard, requireSequenceNumber, requireShard } from "./shards.ts";
import { requireStream } from "./stream-name.ts";
import { wireError } from "./wire-error.ts";

/** The service answers up to 10 MB and promises no amount; less at a time keeps the loop free for the other clients. */
const MAX_READ_BYTES = 2 * 1024 * 1024;
const READ_LIMIT = { min: 1, max: 10_000 };
const ITERATOR_TYPES = [
  "AFTER_SEQUENCE_NUMBER",
  "LATEST",
  "AT_TIMESTAMP",
  "AT_SEQUENCE_NUMBER",
  "TRIM_HORIZON",
] as const;
type IteratorType = (typeof ITERATOR_TYPES)[number];
const SHARD_ID = { min: 1, max: 128, pattern: /[a-zA-Z0-9_.-]+/ };
const SEQUENCE_NUMBER = { pattern: /0|([1-9]\d{0,128})/ };

export const getShardIterator = ({ reader, streamName, now }: Served, fields: Fields) => {
  const givenShard = fields.requiredString("ShardId", SHARD_ID);
  const type = fields.requiredString("ShardIteratorType", { oneOf: ITERATOR_TYPES }) as IteratorType;
  const sequenceNumber = fields.string("StartingSequenceNumber", SEQUENCE_NUMBER);
  const timestampMs = fields.time("Timestamp");
  requireStream(fields, streamName);
  const shardId = requireShard(reader, streamName, givenShard);
  checkStart(type, sequenceNumber, timestampMs, now());
  if (sequenceNumber !== undefined) requireSequenceNumber(sequenceNumber, shardId, streamName);

  const after = startOf(reader, shardId, type, sequenceNumber, timestampMs);
  return { ShardIterator: encodeIterator(streamName, { shardId, after }, now()) };
};

/** The record to read after; undefined: from the oldest kept. */
const startOf = (
  reader: StreamReader,
  shardId: string,
  type: IteratorType,
  sequenceNumber = "0",
  timestampMs = 0,
): string | undefined => {
  switch (type) {
    case "TRIM_HORIZON":
      return undefined;
    case "LATEST":
      return reader.latestSequenceNumber(shardId);
    case "AFTER_SEQUENCE_NUMBER":
      return sequenceNumber;
    case "AT_SEQUENCE_NUMBER":
      return String(BigInt(sequenceNumber) - 1n);
    case "AT_TIMESTAMP":
      return reader.lastSequenceNumberBefore(shardId, timestampMs);
  }
};

const checkStart = (
  type: IteratorType,
  sequenceNumber: string | undefined,
  timestampMs: number | undefined,
  nowMs: number,
) => {
  const invalid = (message: string) => wireError("InvalidArgumentException", message);
  if (type === "AT_TIMESTAMP") {
    if (timestampMs === undefined) {
      throw invalid(
        "Must specify timestamp parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.",
      );
    }
    if (timestampMs > nowMs) {
      const both = `timestampInMillis: ${timestampMs}, currentTimestampInMillis: ${nowMs}`;
      throw invalid(`The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. ${both}`);
    }
    return;
  }
  const needsNumber = type === "AT_SEQUENCE_NUMBER" || type === "AFTER_SEQUENCE_NUMBER";
  if (needsNumber === (sequenceNumber !== undefined)) return;
  const given = needsNumber ? "no StartingSequenceNumber" : "also a StartingSequenceNumber";
  throw invalid(
    "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or " +
      `(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and ${given}.`,
  );
};

export const getRecords = ({ reader, streamName, now }: Served, fields: Fields) => {
  const token = fields.requiredString("ShardIterator", { min: 1, max: 512 });
  const limit = fields.integer("Limit", READ_LIMIT) ?? READ_LIMIT.max;
  fields.check();
  const { shardId, after } = decodeIterator(streamName, token, now());
  if (!reader.shardIds().includes(shardId)) throw noSuchShard(streamName, shardId);

  const records = reader.read(shardId, after, { records: limit, bytes: MAX_READ_BYTES });
  const last = records.at(-1);
  const caughtUp = last === undefined || last.sequenceNumber === reader.latestSequenceNumber(shardId);
  return {
    Records: records.map((record) => ({
      SequenceNumber: record.sequenceNumber,
      PartitionKey: record.partitionKey,
      Data: record.data,
      ApproximateArrivalTimestamp: new Date(record.arrivalMs),
      EncryptionType: "NONE",
    })),
    NextShardIterator: encodeIterator(streamName, { shardId, after: last?.sequenceNumber ?? after }, now()),
    // At least 1 while records are waiting: 0 tells a consumer that it has caught up.
    MillisBehindLatest: caughtUp ? 0 : Math.max(1, now() - last.arrivalMs),
  };
};

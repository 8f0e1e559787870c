import { AppError } from "@tidewatch/core/errors";
import type { EventStream, StreamEntry } from "@tidewatch/core/store/ports";
import { parseHashKey } from "../stream/shards.ts";
import type { Fields } from "./fields.ts";
import { requireStream } from "./stream-name.ts";
import { type OnFault, wireError } from "./wire-error.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html, large records off. */
const MAX_RECORDS = 500;
const MAX_RECORD_BYTES = 1024 * 1024;
const MAX_CALL_BYTES = 5 * 1024 * 1024;
const MAX_PARTITION_KEY_LENGTH = 256;
const HASH_KEY = /0|([1-9]\d{0,38})/;
const SEQUENCE_NUMBER = /0|([1-9]\d{0,128})/;
const RECEIPT = { EncryptionType: "NONE" };

export const putRecord = async (stream: EventStream, streamName: string, fields: Fields) => {
  const entry = readEntry(fields);
  // A shard's sequence numbers grow with every acknowledged put here, which is all that this field asks for.
  fields.string("SequenceNumberForOrdering", { pattern: SEQUENCE_NUMBER });
  requireStream(fields, streamName);
  checkEntry(entry);

  const [receipt] = await stream.putMany([entry]);
  return { ShardId: receipt!.shardId, SequenceNumber: receipt!.sequenceNumber, ...RECEIPT };
};

/** All records or none are stored; when none is, each carries the error, as when all shards of the service fail. */
export const putRecords = async (stream: EventStream, streamName: string, fields: Fields, onFault: OnFault) => {
  const entries = fields.structures("Records", { min: 1, max: MAX_RECORDS }).map(readEntry);
  requireStream(fields, streamName);
  for (const entry of entries) checkEntry(entry);
  const callBytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
  if (callBytes > MAX_CALL_BYTES) throw wireError("InvalidArgumentException", "Records size exceeds 5 MB limit");

  try {
    const receipts = await stream.putMany(entries);
    const Records = receipts.map(({ shardId, sequenceNumber }) => ({
      SequenceNumber: sequenceNumber,
      ShardId: shardId,
    }));
    return { FailedRecordCount: 0, Records, ...RECEIPT };
  } catch (error) {
    // An error without a name is a bug, and a bug must be heard.
    if (!(error instanceof AppError)) throw error;
    onFault(error);
    const failure = { ErrorCode: "InternalFailure", ErrorMessage: "Internal service failure." };
    return { FailedRecordCount: entries.length, Records: entries.map(() => failure), ...RECEIPT };
  }
};

const readEntry = (fields: Fields): StreamEntry => {
  const partitionKey = fields.requiredString("PartitionKey", { min: 1, max: MAX_PARTITION_KEY_LENGTH });
  const explicitHashKey = fields.string("ExplicitHashKey", { pattern: HASH_KEY });
  const data = fields.blob("Data", MAX_RECORD_BYTES);
  return explicitHashKey === undefined ? { partitionKey, data } : { partitionKey, data, explicitHashKey };
};

const entryBytes = (entry: StreamEntry): number => entry.data.length + Buffer.byteLength(entry.partitionKey);

const checkEntry = (entry: StreamEntry): void => {
  if (entryBytes(entry) > MAX_RECORD_BYTES) {
    const message = `Record size, data and partition key, exceeds the limit of ${MAX_RECORD_BYTES} bytes.`;
    throw wireError("InvalidArgumentException", message);
  }
  const hashKey = entry.explicitHashKey;
  if (hashKey === undefined || parseHashKey(hashKey) !== undefined) return;
  const range = "ExplicitHashKey must be in the range: [0, 2^128-1].";
  throw wireError("InvalidArgumentException", `Invalid ExplicitHashKey. ${range} Specified value was ${hashKey}`);
};

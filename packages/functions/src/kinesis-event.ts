import { Buffer } from "node:buffer";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from "aws-lambda";

/** Records of a Lambda invocation, in order. `eventID` is `<shardId>:<sequence number>`; arrival times are in seconds. */
export const recordsOf = (event: KinesisStreamEvent): StreamRecord[] =>
  event.Records.map(({ eventID, kinesis }) => ({
    shardId: eventID.slice(0, eventID.indexOf(":")),
    sequenceNumber: kinesis.sequenceNumber,
    partitionKey: kinesis.partitionKey,
    data: Buffer.from(kinesis.data, "base64"),
    arrivalMs: Math.round(kinesis.approximateArrivalTimestamp * 1000),
  }));

export const ALL_DONE: KinesisStreamBatchResponse = { batchItemFailures: [] };

/** Where a batch lies on the stream, and how old its first record was when it came. */
export type BatchPlace = {
  shardId: string;
  firstSequenceNumber: string;
  lastSequenceNumber: string;
  oldestRecordAgeMs: number;
};

/** A batch of an event-source mapping is of one shard, in order. `undefined` for an empty one. */
export const placeOf = (records: readonly StreamRecord[], nowMs: number): BatchPlace | undefined => {
  const [first, last] = [records[0], records.at(-1)];
  if (!first || !last) return undefined;
  return {
    shardId: first.shardId,
    firstSequenceNumber: first.sequenceNumber,
    lastSequenceNumber: last.sequenceNumber,
    oldestRecordAgeMs: Math.max(0, nowMs - first.arrivalMs),
  };
};

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

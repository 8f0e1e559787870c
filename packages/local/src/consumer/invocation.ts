import { Buffer } from "node:buffer";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from "aws-lambda";

/** A Lambda handler of a Kinesis stream, without the context that none of ours uses. */
export type StreamHandler = (event: KinesisStreamEvent) => Promise<KinesisStreamBatchResponse | null | undefined>;

const REGION = "us-east-1";
const ACCOUNT = "000000000000";
/** JSON around one record's data in an invocation, with room for a long stream name; the test measures it. */
const ENVELOPE_BYTES = 560;
/** Lambda's limit of a synchronous invocation's payload. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** What a record adds to an invocation's payload: its data in base64, its key and the envelope. */
export const payloadBytes = (record: StreamRecord): number =>
  Math.ceil(record.data.length / 3) * 4 + record.partitionKey.length + ENVELOPE_BYTES;

/** Records in the form in which Lambda hands them to a function. */
export const toKinesisEvent = (streamName: string, records: readonly StreamRecord[]): KinesisStreamEvent => {
  const eventSourceARN = `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/${streamName}`;
  return {
    Records: records.map((record) => ({
      kinesis: {
        kinesisSchemaVersion: "1.0",
        partitionKey: record.partitionKey,
        sequenceNumber: record.sequenceNumber,
        data: base64(record.data),
        approximateArrivalTimestamp: record.arrivalMs / 1000,
      },
      eventSource: "aws:kinesis",
      eventVersion: "1.0",
      eventID: `${record.shardId}:${record.sequenceNumber}`,
      eventName: "aws:kinesis:record",
      invokeIdentityArn: `arn:aws:iam::${ACCOUNT}:role/tidewatch`,
      awsRegion: REGION,
      eventSourceARN,
    })),
  };
};

const base64 = (data: Uint8Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");

import type { StreamEntry } from "@tidewatch/core/store/ports";
import type { KinesisStreamEvent } from "aws-lambda";

const SHARD = "shardId-000000000000";
const REGION = "us-east-1";
const ACCOUNT = "123456789012";

/** A batch as Lambda hands it to a function; `first` is the running number of its first record on the shard. */
export const lambdaEvent = (entries: readonly StreamEntry[], first: number, arrivalMs: number): KinesisStreamEvent => ({
  Records: entries.map(({ partitionKey, data }, index) => {
    const sequenceNumber = String(10n ** 55n + BigInt(first + index));
    return {
      kinesis: {
        kinesisSchemaVersion: "1.0",
        partitionKey,
        sequenceNumber,
        data: Buffer.from(data).toString("base64"),
        approximateArrivalTimestamp: arrivalMs / 1000,
      },
      eventSource: "aws:kinesis",
      eventVersion: "1.0",
      eventID: `${SHARD}:${sequenceNumber}`,
      eventName: "aws:kinesis:record",
      invokeIdentityArn: `arn:aws:iam::${ACCOUNT}:role/tidewatch-production-ScoreRole-abcdefgh`,
      awsRegion: REGION,
      eventSourceARN: `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/tidewatch-production-StreamStream-abcdefgh`,
    };
  }),
});

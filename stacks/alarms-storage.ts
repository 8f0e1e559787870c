import { alarm, lambda, sumOf } from "./alarm.ts";
import { log } from "./logs.ts";
import { bucket, givenUpRequests, table } from "./storage.ts";
import { archive, score, stream } from "./stream.ts";

// --- What keeps the data refuses or fails; and what was given up.

/** Capacity on demand follows within this time; clients repeat until then. */
const THROTTLED_PERIODS = 3;

alarm("StreamThrottles", "The stream refuses records: it doubles its capacity within a quarter of an hour.", {
  namespace: "AWS/Kinesis",
  metricName: "WriteProvisionedThroughputExceeded",
  dimensions: { StreamName: stream.name },
  threshold: 1,
  evaluationPeriods: THROTTLED_PERIODS,
});

const ofTable = (metricName: string, dimensions: Record<string, string> = {}) => ({
  namespace: "AWS/DynamoDB",
  metricName,
  dimensions: { TableName: table.name, ...dimensions },
});
alarm("TableThrottles", "The table refuses requests for a quarter of an hour: one series or detector gets too many.", {
  ...sumOf("Throttled reads and writes", [ofTable("ReadThrottleEvents"), ofTable("WriteThrottleEvents")]),
  threshold: 1,
  evaluationPeriods: THROTTLED_PERIODS,
});

/** DynamoDB counts its own errors per operation only. These are the ones that functions may call (permissions.ts). */
const OPERATIONS = ["BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query"];
/** Single ones are repeated by the SDK. */
const TABLE_ERRORS = 5;
alarm("TableErrors", "DynamoDB fails (5xx): see the AWS Health Dashboard; consumers repeat until it is over.", {
  ...sumOf(
    "System errors of the table",
    OPERATIONS.map((Operation) => ofTable("SystemErrors", { Operation })),
  ),
  threshold: TABLE_ERRORS,
});

alarm("GivenUp", "A consumer gave a batch up; its records are below aws/lambda/ in the bucket: tidewatch redrive.", {
  namespace: "AWS/S3",
  metricName: "PutRequests",
  dimensions: { BucketName: bucket.name, FilterId: givenUpRequests.name },
  threshold: 1,
});
alarm("GivenUpLost", "A batch was given up and could not be kept: the stream has its records for a few hours more.", {
  ...sumOf(
    "Batches that could not be kept",
    [score, log, archive].map((of) => lambda("DestinationDeliveryFailures", of)),
  ),
  threshold: 1,
});

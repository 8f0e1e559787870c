import { EVENT_SOURCE_MAPPINGS, STREAM_RETENTION_HOURS } from "../packages/functions/src/event-source-mappings.ts";
import { pipelineFunction } from "./function.ts";
import { consumeStream, getObjects, items, keepGivenUp, putObjects } from "./permissions.ts";
import { bucket, GIVEN_UP, table } from "./storage.ts";

/** Every event passes through here. On demand: shards come and go with the traffic, and nobody counts them. */
export const stream = new sst.aws.KinesisStream("Events", {
  transform: {
    stream: {
      streamModeDetails: { streamMode: "ON_DEMAND" },
      retentionPeriod: STREAM_RETENTION_HOURS,
      encryptionType: "KMS",
      kmsKeyId: "alias/aws/kinesis",
    },
  },
});

/** What a whole batch may take, cold start and a model that must be loaded included; the alarm is below it. */
export const SCORE_TIMEOUT_SECONDS = 120;

export const score = pipelineFunction("Score", {
  description: "Scores metric events: feature, score, store",
  entry: "score",
  timeout: `${SCORE_TIMEOUT_SECONDS} seconds`,
  runsModels: true,
  environment: { TABLE_NAME: table.name, BUCKET_NAME: bucket.name },
  permissions: [
    consumeStream(stream.arn),
    ...keepGivenUp(bucket.arn, GIVEN_UP),
    items(table.arn, "BatchGetItem", "Query", "PutItem", "GetItem", "BatchWriteItem"),
    ...getObjects(bucket.arn, "models"),
    putObjects(bucket.arn, "failed/score"),
  ],
});

export const archive = pipelineFunction("Archive", {
  description: "Keeps every record: in the archive, or in quarantine with the reason",
  entry: "archive",
  timeout: "60 seconds",
  environment: { TABLE_NAME: table.name, BUCKET_NAME: bucket.name },
  permissions: [
    consumeStream(stream.arn),
    ...keepGivenUp(bucket.arn, GIVEN_UP),
    items(table.arn, "BatchGetItem", "PutItem", "GetItem"),
    putObjects(bucket.arn, "events", "quarantine"),
  ],
});

type FilterCriteria = { filters: { pattern: string }[] };

/** @param chosen in place of the mapping's own filters, where the deployment has a say */
export const subscribe = (
  name: string,
  consumer: sst.aws.Function,
  mapping: keyof typeof EVENT_SOURCE_MAPPINGS,
  chosen?: FilterCriteria,
) => {
  const { functionResponseTypes, filterCriteria: own, ...numbers } = EVENT_SOURCE_MAPPINGS[mapping];
  const filterCriteria = chosen ?? own;
  const filters = filterCriteria.filters.map(({ pattern }) => ({ pattern }));
  stream.subscribe(name, consumer.arn, {
    transform: {
      eventSourceMapping: {
        ...numbers,
        functionResponseTypes: [...functionResponseTypes],
        ...(filters.length > 0 ? { filterCriteria: { filters } } : {}),
        // Of the destinations only a bucket gets the records themselves; the others their place on the stream.
        destinationConfig: { onFailure: { destinationArn: bucket.arn } },
      },
    },
  });
};
subscribe("Score", score, "score");
subscribe("Archive", archive, "archive");

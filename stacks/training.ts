import { pipelineFunction } from "./function.ts";
import { getObjects, items, publishEvents, putObjects, trust } from "./permissions.ts";
import { bucket, table } from "./storage.ts";

/** For rules of yours: it tells of every new model (`model.promoted`). */
export const bus = new sst.aws.Bus("Pipeline");

/** A detector gets its model within this time of having rows enough. A run ends before the next one starts. */
const TRAIN_EVERY_MINUTES = 5;
const TRAIN_TIMEOUT_SECONDS = 290;

export const train = pipelineFunction("Train", {
  description: "Trains the detectors that are due, registers and promotes their models",
  entry: "train",
  timeout: `${TRAIN_TIMEOUT_SECONDS} seconds`,
  // The next run tries again: Lambda's own retries would only run beside it.
  retries: 0,
  // A new model is tried before it is registered.
  runsModels: true,
  environment: { TABLE_NAME: table.name, BUCKET_NAME: bucket.name, BUS_NAME: bus.name },
  permissions: [
    items(table.arn, "BatchGetItem", "Query", "PutItem", "GetItem", "BatchWriteItem"),
    ...getObjects(bucket.arn, "models"),
    putObjects(bucket.arn, "models"),
    publishEvents(bus.arn),
  ],
});

/** Runs of any schedule that could not even be started, throttled or forbidden. */
const FAILURE_RETENTION_SECONDS = 14 * 24 * 3600;
export const missedRuns = new sst.aws.Queue("MissedRuns", {
  transform: { queue: { messageRetentionSeconds: FAILURE_RETENTION_SECONDS, sqsManagedSseEnabled: true } },
});

/** Calls a function by the clock; what cannot be started is told to the queue. */
export const schedule = (name: string, rate: string, runs: sst.aws.Function, retries: number) =>
  new sst.aws.CronV2(name, {
    schedule: `rate(${rate})`,
    function: runs.arn,
    retries,
    dlq: missedRuns.arn,
    transform: { role: { assumeRolePolicy: trust("scheduler") } },
  });

schedule("TrainWhenDue", `${TRAIN_EVERY_MINUTES} minutes`, train, 2);

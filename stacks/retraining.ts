import { retrainMachine, STEP_TIMEOUT_SECONDS } from "../packages/functions/src/retrain-machine.ts";
import { pipelineFunction } from "./function.ts";
import { DATA_STORAGE } from "./learning.ts";
import { getObjects, items, putObjects, runMachine, startExecutions, trust } from "./permissions.ts";
import { nameOf } from "./settings.ts";
import { bucket, table } from "./storage.ts";
import { bus, schedule } from "./training.ts";

const NAMES = { TABLE_NAME: table.name, BUCKET_NAME: bucket.name };

export const retrain = pipelineFunction("Retrain", {
  description: "Takes a retraining one step on",
  entry: "retrain",
  timeout: `${STEP_TIMEOUT_SECONDS} seconds`,
  storage: DATA_STORAGE,
  runsModels: true,
  usesDuckDb: true,
  environment: NAMES,
  permissions: [
    items(table.arn, "BatchGetItem", "Query", "PutItem", "GetItem", "BatchWriteItem", "DeleteItem"),
    ...getObjects(
      bucket.arn,
      "events",
      "events-compacted",
      "datasets",
      "workflows",
      "runs",
      "models",
      "failed",
      "trees",
    ),
    putObjects(bucket.arn, "datasets", "workflows", "runs", "models", "trees"),
  ],
});

export const trees = pipelineFunction("Trees", {
  description: "Grows some trees of a large forest",
  entry: "trees",
  timeout: `${STEP_TIMEOUT_SECONDS} seconds`,
  environment: { BUCKET_NAME: bucket.name },
  permissions: [...getObjects(bucket.arn, "trees"), putObjects(bucket.arn, "trees")],
});

const machineRole = new aws.iam.Role("RetrainingRole", {
  name: nameOf("retraining"),
  assumeRolePolicy: trust("states"),
  inlinePolicies: [
    {
      name: "inline",
      policy: runMachine(nameOf("retraining"), [retrain.arn, trees.arn], $interpolate`${bucket.arn}/trees/*`),
    },
  ],
});

/** SST's component would write the definition anew; ours is made of the list of steps, and is tested as it is. */
export const retraining = new aws.sfn.StateMachine("Retraining", {
  name: nameOf("retraining"),
  type: "STANDARD",
  roleArn: machineRole.arn,
  definition: $jsonStringify(
    $resolve([retrain.arn, trees.arn, bucket.name]).apply(([step, grow, name]) =>
      retrainMachine({ step, trees: grow, bucket: name }),
    ),
  ),
});

/** A retraining begins within this time of being due, or of being asked for. */
const START_EVERY_MINUTES = 5;

export const retrainStart = pipelineFunction("RetrainStart", {
  description: "Begins retrainings that are due, and sees to it that each open one goes on",
  entry: "retrain-start",
  timeout: "120 seconds",
  // The next run comes as soon as a retry would.
  retries: 0,
  environment: { ...NAMES, STATE_MACHINE_ARN: retraining.arn },
  permissions: [
    items(table.arn, "BatchGetItem", "Query", "PutItem", "GetItem", "BatchWriteItem", "DeleteItem"),
    ...getObjects(bucket.arn, "models", "runs"),
    startExecutions(retraining.arn),
  ],
});
schedule("StartRetraining", `${START_EVERY_MINUTES} minutes`, retrainStart, 0);
bus.subscribe("Drift", retrainStart.arn, { pattern: { source: ["tidewatch"], detailType: ["drift.detected"] } });

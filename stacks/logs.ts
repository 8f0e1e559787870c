import { pipelineFunction } from "./function.ts";
import { consumeStream, getObjects, items, keepGivenUp, putObjects, putRecord, trust } from "./permissions.ts";
import { nameOf, settings } from "./settings.ts";
import { bucket, GIVEN_UP, table } from "./storage.ts";
import { stream, subscribe } from "./stream.ts";
import { schedule } from "./training.ts";

/** As the scorer's: a whole batch, cold start and a model included. */
export const LOG_TIMEOUT_SECONDS = 120;
const NAMES = { TABLE_NAME: table.name, BUCKET_NAME: bucket.name };

export const log = pipelineFunction("Log", {
  description: "Takes in log lines: templates, sessions, verdicts",
  entry: "log",
  timeout: `${LOG_TIMEOUT_SECONDS} seconds`,
  environment: NAMES,
  permissions: [
    consumeStream(stream.arn),
    ...keepGivenUp(bucket.arn, GIVEN_UP),
    items(table.arn, "BatchGetItem", "Query", "PutItem", "GetItem", "BatchWriteItem"),
    ...getObjects(bucket.arn, "models"),
    putObjects(bucket.arn, "failed/log"),
  ],
});

// What CloudWatch Logs puts on the stream is no JSON, which a filter drops; the function then puts metrics aside itself.
const takesCloudWatchLogs = settings.TIDEWATCH_CLOUDWATCH_LOGS;
subscribe("Log", log, "log", takesCloudWatchLogs ? { filters: [] } : undefined);

/** A session that fell silent ends by so much later; half an hour has passed then in any case. */
const SWEEP_EVERY_MINUTES = 1;
/** Half of it for sessions, the rest for the cold start and the calls under way. */
const SWEEP_TIMEOUT_SECONDS = 55;

export const logSweep = pipelineFunction("LogSweep", {
  description: "Ends sessions of logs that have fallen silent",
  entry: "log-sweep",
  timeout: `${SWEEP_TIMEOUT_SECONDS} seconds`,
  // The next run goes on.
  retries: 0,
  environment: NAMES,
  permissions: [
    items(table.arn, "BatchGetItem", "Query", "PutItem", "GetItem", "BatchWriteItem"),
    ...getObjects(bucket.arn, "models"),
  ],
});

// The next one comes before a retry would.
schedule("EndSilentSessions", `${SWEEP_EVERY_MINUTES} minute`, logSweep, 0);

/** With which CloudWatch Logs puts records on the stream: `--role-arn` of a subscription filter. */
const cloudWatchLogsRole = takesCloudWatchLogs
  ? new aws.iam.Role("CloudWatchLogsRole", {
      name: nameOf("cloudwatch-logs"),
      assumeRolePolicy: trust("logs"),
      inlinePolicies: [{ name: "inline", policy: putRecord(stream.arn) }],
    })
  : undefined;
export const cloudWatchLogsRoleArn = cloudWatchLogsRole?.arn;

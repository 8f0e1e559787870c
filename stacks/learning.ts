import { pipelineFunction } from "./function.ts";
import { getObjects, items, publishEvents, putObjects, removeObjects, sendMail } from "./permissions.ts";
import { settings } from "./settings.ts";
import { bucket, table } from "./storage.ts";
import { bus, schedule } from "./training.ts";

// What keeps models right, apart from the retraining itself: drift checks, challengers in shadow, compaction of the archive, and
// the work that requests order.

/** Of any function. */
const LONGEST_SECONDS = 900;
const NAMES = { TABLE_NAME: table.name, BUCKET_NAME: bucket.name };

export const drift = pipelineFunction("Drift", {
  description: "Compares what came in with what the models learnt",
  entry: "drift",
  timeout: `${LONGEST_SECONDS} seconds`,
  // The next run judges the hours that this one left.
  retries: 0,
  environment: { ...NAMES, BUS_NAME: bus.name },
  permissions: [
    items(table.arn, "BatchGetItem", "Query", "PutItem", "GetItem", "BatchWriteItem"),
    ...getObjects(bucket.arn, "models"),
    // The reference that a check compares with stands beside the model.
    putObjects(bucket.arn, "models"),
    publishEvents(bus.arn),
  ],
});
/** A check judges full hours. */
schedule("CheckDrift", "1 hour", drift, 2);

/**
 * A challenger is compared over a day, so that nobody waits for the minute; and each run writes an item per series, which is what
 * a challenger costs: every five minutes a fifth of every minute.
 */
const SHADOW_EVERY_MINUTES = 5;

export const shadow = pipelineFunction("Shadow", {
  description: "Lets challengers score what the champions have scored",
  entry: "shadow",
  timeout: "120 seconds",
  // The next run goes on.
  retries: 0,
  runsModels: true,
  environment: NAMES,
  permissions: [
    items(table.arn, "BatchGetItem", "Query", "PutItem", "GetItem", "BatchWriteItem"),
    ...getObjects(bucket.arn, "models"),
  ],
});
schedule("ScoreShadow", `${SHADOW_EVERY_MINUTES} minutes`, shadow, 0);

/**
 * The files of a day, and the one that is made of them: at a thousand events a second some 2 GB each. It is paid for while the
 * function runs.
 */
export const DATA_STORAGE = "10240 MB";

const { TIDEWATCH_RAW_DAYS: rawDays, TIDEWATCH_COMPACTED_DAYS: compactedDays } = settings;

export const compact = pipelineFunction("Compact", {
  description: "Makes Parquet of what the archive has gathered, and removes what the retention rules say",
  entry: "compact",
  timeout: `${LONGEST_SECONDS} seconds`,
  retries: 0,
  storage: DATA_STORAGE,
  usesDuckDb: true,
  environment: {
    BUCKET_NAME: bucket.name,
    ...(rawDays === undefined ? {} : { RAW_DAYS: String(rawDays) }),
    ...(compactedDays === undefined ? {} : { COMPACTED_DAYS: String(compactedDays) }),
  },
  permissions: [
    ...getObjects(bucket.arn, "events", "events-compacted"),
    putObjects(bucket.arn, "events-compacted"),
    // Files that another one has taken the place of; raw objects only by a rule.
    removeObjects(bucket.arn, "events-compacted", ...(rawDays === undefined ? [] : ["events"])),
  ],
});
schedule("CompactArchive", "1 hour", compact, 2);

const { TIDEWATCH_MAIL_FROM: sender, TIDEWATCH_MAIL_REGION: mailRegion } = settings;
const identity = settings.TIDEWATCH_MAIL_IDENTITY ?? sender?.split("@")[1];

export const report = pipelineFunction("Report", {
  description: "Makes the reports that are due, and sends them by mail and webhook",
  entry: "report",
  timeout: "300 seconds",
  // The next run sends what this one did not.
  retries: 0,
  environment: {
    ...NAMES,
    ...(sender === undefined ? {} : { MAIL_FROM: sender }),
    ...(mailRegion === undefined ? {} : { MAIL_REGION: mailRegion }),
  },
  permissions: [
    items(table.arn, "BatchGetItem", "Query", "PutItem", "GetItem"),
    ...getObjects(bucket.arn, "models", "reports"),
    putObjects(bucket.arn, "reports"),
    ...(identity === undefined ? [] : [sendMail(identity, mailRegion)]),
  ],
});
schedule("SendReports", "1 hour", report, 2);

export const job = pipelineFunction("Job", {
  description: "Does what a request has ordered: backtests",
  entry: "job",
  timeout: `${LONGEST_SECONDS} seconds`,
  runsModels: true,
  environment: { ...NAMES, BUS_NAME: bus.name },
  permissions: [
    items(table.arn, "BatchGetItem", "Query", "PutItem", "GetItem"),
    ...getObjects(bucket.arn, "models"),
    // A job that takes longer than a function may orders itself again.
    publishEvents(bus.arn),
  ],
});
bus.subscribe("Jobs", job.arn, { pattern: { source: ["tidewatch"], detailType: ["job.ordered"] } });

import { alarm, PERIOD_SECONDS } from "./alarm.ts";
import { api, gateway } from "./api.ts";
import { METRICS } from "./metrics.ts";
import { archive, failedBatches, SCORE_TIMEOUT_SECONDS, score, stream } from "./stream.ts";
import { missedRuns, train } from "./training.ts";

const MINUTE_MS = 60_000;
const FUNCTIONS = { Score: score, Archive: archive, Train: train, Api: api };
const lambda = (metricName: string, { name }: sst.aws.Function) => ({
  namespace: "AWS/Lambda",
  metricName,
  dimensions: { FunctionName: name },
});

// --- Late: the consumers are behind the stream.

/** Three times the batching window and a cold start are well below it. */
const SCORE_LATE_MS = 5 * MINUTE_MS;
/** Nobody waits for the archive, but the stream forgets after two days. */
const ARCHIVE_LATE_MS = 60 * MINUTE_MS;
alarm("ScoreLate", "Results come late: the scorer fails, is throttled, or the stream has more than it can take.", {
  ...lambda("IteratorAge", score),
  statistic: "Maximum",
  threshold: SCORE_LATE_MS,
  evaluationPeriods: 2,
});
alarm("ArchiveLate", "The archive is an hour behind the stream: see the function's log for the reason.", {
  ...lambda("IteratorAge", archive),
  statistic: "Maximum",
  threshold: ARCHIVE_LATE_MS,
});

// --- Failures: of functions, of records, of requests.

for (const [name, of] of Object.entries(FUNCTIONS)) {
  alarm(`${name}Errors`, `The function ${name} fails: its log names the reason and the next step.`, {
    ...lambda("Errors", of),
    threshold: 1,
  });
}

const THROTTLES = Object.entries(FUNCTIONS).map(([name, of]) => ({
  id: `throttles${name}`,
  metric: { ...lambda("Throttles", of), period: PERIOD_SECONDS, stat: "Sum" },
}));
alarm("Throttles", "Lambda refuses to run a function: raise the account's quota of concurrent executions.", {
  metricQueries: [
    { id: "all", expression: "SUM(METRICS())", label: "Throttles of all functions", returnData: true },
    ...THROTTLES,
  ],
  threshold: 1,
});

alarm("StreamThrottles", "The stream refuses records: it doubles its capacity within a quarter of an hour.", {
  namespace: "AWS/Kinesis",
  metricName: "WriteProvisionedThroughputExceeded",
  dimensions: { StreamName: stream.name },
  threshold: 1,
  evaluationPeriods: 3,
});

/** One record in a hundred: a producer is broken, rather than one event. */
const QUARANTINE_SHARE_PERCENT = 1;
alarm("Quarantine", "Many records are invalid: read the reasons below quarantine/ in the bucket.", {
  metricQueries: [
    { id: "share", expression: "100 * bad / received", label: "Quarantined, percent", returnData: true },
    { id: "bad", metric: { ...METRICS.archive.Quarantined, period: PERIOD_SECONDS, stat: "Sum" } },
    { id: "received", metric: { ...METRICS.archive.Received, period: PERIOD_SECONDS, stat: "Sum" } },
  ],
  threshold: QUARANTINE_SHARE_PERCENT,
});

alarm(
  "FailedRecords",
  "Events could not be scored: they are kept below failed/score/ in the bucket, with the reason.",
  {
    ...METRICS.score.Failed,
    threshold: 1,
  },
);
alarm("TrainingFails", "A detector that is due cannot be trained: the log of Train names it and the reason.", {
  ...METRICS.train.Failed,
  threshold: 1,
  evaluationPeriods: 3,
});

for (const [name, queue] of Object.entries({ FailedBatches: failedBatches, MissedRuns: missedRuns })) {
  alarm(name, `Messages are in the queue ${name}: docs/deploy.md says how to put what they name again.`, {
    namespace: "AWS/SQS",
    metricName: "ApproximateNumberOfMessagesVisible",
    dimensions: { QueueName: queue.nodes.queue.name },
    statistic: "Maximum",
    threshold: 1,
  });
}

/** Single ones are retried by every client. */
const SERVER_ERRORS = 5;
alarm("ApiServerErrors", "The API answers with 5xx: its log names the reason.", {
  namespace: "AWS/ApiGateway",
  metricName: "5xx",
  dimensions: { ApiId: gateway.nodes.api.id },
  threshold: SERVER_ERRORS,
});

// --- Slow: before it becomes a failure.

/** Of the time-out. A batch that reaches it is repeated whole, and gets no faster. */
const SLOW_SHARE = 0.8;
alarm("ScoreSlow", "Batches take almost as long as they may: give Score more memory, or smaller batches.", {
  ...lambda("Duration", score),
  statistic: "Maximum",
  threshold: SLOW_SHARE * SCORE_TIMEOUT_SECONDS * 1000,
});

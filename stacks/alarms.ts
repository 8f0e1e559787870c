import { alarm, computed, lambda, sumOf } from "./alarm.ts";
import { api, gateway } from "./api.ts";
import { compact, drift, job, report, shadow } from "./learning.ts";
import { LOG_TIMEOUT_SECONDS, log, logSweep } from "./logs.ts";
import { METRICS } from "./metrics.ts";
import { retrain, retraining, retrainStart, trees } from "./retraining.ts";
import { archive, SCORE_TIMEOUT_SECONDS, score, stream } from "./stream.ts";
import { missedRuns, train } from "./training.ts";

const MINUTE_MS = 60_000;
const LEARNING = {
  ...{ Drift: drift, Shadow: shadow, Compact: compact, Report: report, Job: job },
  ...{ Retrain: retrain, RetrainStart: retrainStart, Trees: trees },
};
const FUNCTIONS = { Score: score, Log: log, LogSweep: logSweep, Archive: archive, Train: train, Api: api, ...LEARNING };

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
alarm("LogLate", "Log lines are taken in late: Log fails, is throttled, or the stream has more than it can take.", {
  ...lambda("IteratorAge", log),
  statistic: "Maximum",
  threshold: SCORE_LATE_MS,
  evaluationPeriods: 2,
});
alarm("ArchiveLate", "The archive is an hour behind the stream: see the function's log for the reason.", {
  ...lambda("IteratorAge", archive),
  statistic: "Maximum",
  threshold: ARCHIVE_LATE_MS,
});

// --- Standing still: a function that is not invoked has no age, no errors and no log.

/** A batching window and a disabled moment of a deployment are well below 15 minutes. */
const STANDING_PERIODS = 3;
// Not Log, which gets no record of a stream of metrics alone: what it leaves unread shows by its age.
for (const [name, of] of Object.entries({ Score: score, Archive: archive })) {
  alarm(`${name}Stands`, `Records come in and ${name} is not invoked: is its event-source mapping enabled?`, {
    ...computed("Invocations while records come in", "IF(records > 0, FILL(invocations, 0), 1)", {
      records: { namespace: "AWS/Kinesis", metricName: "IncomingRecords", dimensions: { StreamName: stream.name } },
      invocations: lambda("Invocations", of),
    }),
    comparisonOperator: "LessThanThreshold",
    threshold: 1,
    evaluationPeriods: STANDING_PERIODS,
  });
}
const SCHEDULED = {
  Train: { of: train, what: "training has started", schedule: "TrainWhenDue" },
  LogSweep: { of: logSweep, what: "silent session has been looked for", schedule: "EndSilentSessions" },
  Shadow: { of: shadow, what: "challenger has been looked for", schedule: "ScoreShadow" },
  RetrainStart: { of: retrainStart, what: "retraining has been looked for", schedule: "StartRetraining" },
};
for (const [name, { of, what, schedule }] of Object.entries(SCHEDULED)) {
  alarm(`${name}Stands`, `No ${what} for 15 minutes: is the schedule ${schedule} enabled?`, {
    ...lambda("Invocations", of),
    comparisonOperator: "LessThanThreshold",
    threshold: 1,
    evaluationPeriods: STANDING_PERIODS,
    // No invocation is no data here.
    treatMissingData: "breaching",
  });
}

// --- Failures: of functions, of records, of requests.

for (const [name, of] of Object.entries(FUNCTIONS)) {
  alarm(`${name}Errors`, `The function ${name} fails: its log names the reason and the next step.`, {
    ...lambda("Errors", of),
    threshold: 1,
  });
}

alarm("Throttles", "Lambda refuses to run a function: raise the account's quota of concurrent executions.", {
  ...sumOf(
    "Throttles of all functions",
    Object.values(FUNCTIONS).map((of) => lambda("Throttles", of)),
  ),
  threshold: 1,
});

/** One record in a hundred: a producer is broken, rather than one event. */
const QUARANTINE_SHARE_PERCENT = 1;
/** Fewer in a period are single mistakes, whatever their share of a quiet stream. */
const QUARANTINE_LEAST = 5;
alarm("Quarantine", "Many records are invalid: read the reasons below quarantine/ in the bucket.", {
  ...computed("Quarantined, percent", `IF(bad >= ${QUARANTINE_LEAST}, 100 * bad / received, 0)`, {
    bad: METRICS.archive.Quarantined,
    received: METRICS.archive.Received,
  }),
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
alarm(
  "FailedLines",
  "Log lines could not be taken in: they are kept below failed/log/ in the bucket, with the reason.",
  {
    ...METRICS.log.Failed,
    threshold: 1,
  },
);
alarm("TrainingFails", "A detector that is due cannot be trained: the log of Train names it and the reason.", {
  ...METRICS.train.Failed,
  threshold: 1,
  evaluationPeriods: 3,
});

/** A run of every hour that fails once is made up for by the next. */
const FAILED_HOURS = 3;
const HOUR_SECONDS = 3600;
const HOURLY = {
  Drift: { metric: METRICS.drift.Failed, what: "A detector cannot be checked for drift", of: "Drift" },
  Shadow: { metric: METRICS.shadow.Failed, what: "A challenger cannot score", of: "Shadow" },
  Reports: { metric: METRICS.report.Failed, what: "A report cannot be made or sent", of: "Report" },
};
for (const [name, { metric, what, of }] of Object.entries(HOURLY)) {
  alarm(`${name}Fail`, `${what}: the log of ${of} names it and the reason.`, {
    ...metric,
    threshold: 1,
    period: HOUR_SECONDS,
    evaluationPeriods: FAILED_HOURS,
  });
}
const ofMachine = (metricName: string) => ({
  namespace: "AWS/States",
  metricName,
  dimensions: { StateMachineArn: retraining.arn },
});
alarm("RetrainingFails", "A retraining failed, or could not be begun: `tidewatch workflows list` says why.", {
  ...sumOf("Retrainings that failed", [
    METRICS.retrainStart.Failed,
    ofMachine("ExecutionsFailed"),
    ofMachine("ExecutionsTimedOut"),
  ]),
  threshold: 1,
});
alarm("JobFails", "A job that a request ordered failed: `GET /v1/jobs/{id}` says why.", {
  ...METRICS.job.Failed,
  threshold: 1,
});

/** A model that is being replaced at this moment is usable again with the next batches. */
const UNUSABLE_PERIODS = 3;
alarm(
  "UnusableModels",
  "A detector's model cannot be used, so it judges nothing: the log of Score or Log names both and why.",
  {
    ...sumOf("Models that cannot be used", [METRICS.score.UnusableModels, METRICS.log.UnusableModels]),
    threshold: 1,
    evaluationPeriods: UNUSABLE_PERIODS,
  },
);

alarm("MissedRuns", "A schedule could not start its function: the messages in the queue MissedRuns say why.", {
  namespace: "AWS/SQS",
  metricName: "ApproximateNumberOfMessagesVisible",
  dimensions: { QueueName: missedRuns.nodes.queue.name },
  statistic: "Maximum",
  threshold: 1,
});

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
const TIMED = { Score: [score, SCORE_TIMEOUT_SECONDS], Log: [log, LOG_TIMEOUT_SECONDS] } as const;
for (const [name, [of, timeoutSeconds]] of Object.entries(TIMED)) {
  alarm(`${name}Slow`, `Batches take almost as long as they may: give ${name} more memory, or smaller batches.`, {
    ...lambda("Duration", of),
    statistic: "Maximum",
    threshold: SLOW_SHARE * timeoutSeconds * 1000,
  });
}

import { LEARNT_KEPT_MS } from "@tidewatch/core/score/learnt";
import { EVENT_SOURCE_MAPPINGS, STREAM_RETENTION_HOURS } from "@tidewatch/functions/event-source-mappings";
import { MEMORY_MEGABYTES } from "@tidewatch/functions/memory-sizes";
import { METRICS } from "@tidewatch/functions/metrics";
import { LOOK_SECONDS } from "@tidewatch/functions/retrain-machine";

/** They count nothing, and cost nothing, while no line comes, no model is retrained and no job is ordered. */
const SELDOM = ["log", "retrain", "trees", "job"];

/** What a deployment is made of, from the constants that it is made with. */
export const DEPLOYMENT = {
  mappings: EVENT_SOURCE_MAPPINGS,
  memoryMegabytes: MEMORY_MEGABYTES,
  retentionHours: STREAM_RETENTION_HOURS,
  customMetrics: Object.entries(METRICS)
    .filter(([service]) => !SELDOM.includes(service))
    .reduce((sum, [, names]) => sum + Object.keys(names).length, 0),
  logMetrics: Object.keys(METRICS.log).length,
  /** Metrics that the alarms look at, and what is paid for is metrics (stacks/alarms*.ts). */
  alarmMetrics: 70,
  /** Runs of the training schedule (stacks/training.ts), every five minutes. */
  trainRunsPerHour: 12,
  /** Runs of the schedule that looks for silent sessions (stacks/logs.ts), every minute, log lines or not. */
  sweepRunsPerHour: 60,
  /** Runs of the schedules of stacks/learning.ts and stacks/retraining.ts that are no hourly ones. */
  shadowRunsPerHour: 12,
  retrainStartRunsPerHour: 12,
  /** Between two looks at a retraining that waits. */
  lookSeconds: LOOK_SECONDS,
  /** How often a function reads detectors and models again (lambda/score.ts, lambda/log-ports.ts). */
  detectorsEverySeconds: 15,
  modelsEverySeconds: 20,
  logModelsEverySeconds: 60,
  learntKeptDays: LEARNT_KEPT_MS / (24 * 3_600_000),
  /** How often an open page asks (packages/web), in three requests, and how many series it lists per detector. */
  pagePollSeconds: 2,
  pageRequestsPerPoll: 3,
  pageSeriesPerDetector: 200,
};
export type Deployment = typeof DEPLOYMENT;

/** What AWS fixes. */
export const AWS = {
  /** An on-demand stream starts with four shards; they double when half of what they take is used. */
  leastShards: 4,
  shardRecordsPerSecond: 1000,
  shardBytesPerSecond: 2 ** 20,
  shardHeadroom: 2,
  /** Without a batching window Lambda asks each shard once a second. */
  pollSeconds: 1,
  payloadBytes: 6 * 2 ** 20,
  /** With this much memory a function has one whole CPU, with less a share of it. */
  megabytesPerCpu: 1769,
  /** Kinesis asks for a new data key every five minutes, for each of its callers. */
  kmsCallsPerHour: 12,
  /** DynamoDB's own, per item that is stored. */
  itemOverheadBytes: 100,
  writeUnitBytes: 1024,
  readUnitBytes: 4096,
};

/** What nobody can measure here: chosen to be rather dear. */
export const ASSUMED = {
  /**
   * A CPU of Lambda against a core of the machine that measured: a vCPU is one hyperthread of a core that others use too,
   * and calls to AWS are encrypted, which those on the machine were not.
   */
  cpuFactor: 2,
  /** A call of DynamoDB within a region: AWS says single-digit milliseconds. */
  tableCallMs: 5,
  /** An object of some ten kilobytes put to S3. */
  objectPutMs: 50,
  /**
   * Rows over the threshold: at the default sensitivity 0.3 in a thousand rows like the reference are (score/threshold.ts);
   * the rest is real trouble.
   */
  anomaliesPerRow: 0.001,
  /** Of sessions; unlabelled ones are found anomalous when less than 2 % are like them (log/session/signature.ts). */
  anomalousPerSession: 0.02,
  /** A look at one detector and its model by the training schedule. */
  trainCheckMs: 100,
  /** Retrainings of a detector a month, by drift or by the clock. */
  retrainingsPerDetector: 1,
  /** A retraining of 200,000 rows, the most by default, candidates and all. */
  retrainSeconds: 600,
  /** A look at a retraining that waits. */
  lookMs: 200,
  /** An object of some ten kilobytes got from S3. */
  objectGetMs: 30,
  /** A request to the API that reads little. */
  apiRequestMs: 20,
  /** START, END and REPORT, which Lambda writes for each invocation. */
  platformLogBytes: 350,
  /** A detector's document. */
  detectorBytes: 1024,
  /** What one poll of the page answers with, gzipped: measured are 3.5 kB for one detector of 200 series that are much alike. */
  pagePollBytes: 20_000,
};

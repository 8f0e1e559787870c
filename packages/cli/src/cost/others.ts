import { ASSUMED, DEPLOYMENT } from "./deployment.ts";
import { figure } from "./figure.ts";
import type { Flow } from "./flow.ts";
import { BYTES_PER_GB, type Line, lineOf } from "./line.ts";
import type { LogFlow } from "./log-flow.ts";
import { MEASURED } from "./measured.ts";
import { MEASURED_LOGS } from "./measured-logs.ts";
import type { PriceTable } from "./prices.ts";

export const s3Lines = ({ archive, events, logs, trainRuns, workload, measured }: Flow, prices: PriceTable): Line[] => {
  const { months, detectors } = workload;
  const gb = (months * events * measured.archivedBytes) / BYTES_PER_GB;
  const stored = `${months} months × ${figure(events)} events × ${measured.archivedBytes} bytes, packed`;
  const gets = trainRuns * detectors;
  const getsHow = `${figure(trainRuns)} runs of training × ${detectors} manifests`;
  return [
    lineOf("S3", "archive objects put", "1 per batch of the archive", archive.batchesPerMonth, prices.s3Puts),
    lineOf("S3", "models read", getsHow, gets, prices.s3Gets),
    lineOf("S3", "archive stored", stored, gb, prices.s3Storage),
    ...(logs ? [linesStored(logs, months, prices)] : []),
  ];
};

/** Longer lines are packed as the measured ones are. */
const linesStored = ({ lines, lineBytes }: LogFlow, months: number, prices: PriceTable): Line => {
  const bytes = (MEASURED_LOGS.archivedBytes * lineBytes) / MEASURED_LOGS.lineBytes;
  const how = `${months} months × ${figure(lines)} lines × ${figure(bytes)} bytes, packed`;
  return lineOf("S3", "log lines stored", how, (months * lines * bytes) / BYTES_PER_GB, prices.s3Storage);
};

export const apiLines = ({ eventRequests, pageRequests, workload }: Flow, prices: PriceTable): Line[] => {
  const requests = eventRequests + pageRequests;
  const how = `${figure(eventRequests)} with events + ${workload.pageHours} h of an open page`;
  return [lineOf("API Gateway", "requests", how, requests, prices.apiRequests)];
};

export const cloudWatchLines = (flow: Flow, prices: PriceTable): Line[] => {
  const { score, archive, logs, trainRuns, sweepRuns, learning, eventRequests, pageRequests } = flow;
  const { logBytes } = MEASURED;
  const { platformLogBytes } = ASSUMED;
  const { alarmMetrics } = DEPLOYMENT;
  const customMetrics = DEPLOYMENT.customMetrics + (logs ? DEPLOYMENT.logMetrics : 0);
  const written = [
    { count: score.batchesPerMonth, bytes: logBytes.score + platformLogBytes },
    { count: logs?.batching.batchesPerMonth ?? 0, bytes: logBytes.log + platformLogBytes },
    { count: archive.batchesPerMonth, bytes: logBytes.archive + platformLogBytes },
    { count: trainRuns, bytes: logBytes.train + platformLogBytes },
    { count: sweepRuns, bytes: logBytes["log-sweep"] + platformLogBytes },
    { count: learning.shadowRuns, bytes: logBytes.shadow + platformLogBytes },
    { count: learning.startRuns, bytes: logBytes["retrain-start"] + platformLogBytes },
    { count: learning.stepCalls, bytes: logBytes.retrain + platformLogBytes },
    { count: eventRequests + pageRequests, bytes: logBytes.api + platformLogBytes },
  ].filter(({ count }) => count > 0);
  const gb = written.reduce((sum, { count, bytes }) => sum + count * bytes, 0) / BYTES_PER_GB;
  const how = written.map(({ count, bytes }) => `${figure(count)} × ${bytes} bytes`).join(" + ");
  return [
    lineOf("CloudWatch", "logs written", how, gb, prices.logsIn),
    lineOf("CloudWatch", "logs kept a month", `the same ${figure(gb)} GB`, gb, prices.logsStorage),
    lineOf("CloudWatch", "custom metrics", "what the functions count", customMetrics, prices.customMetrics),
    lineOf("CloudWatch", "alarms", "metrics that they look at", alarmMetrics, prices.alarms),
    lineOf("CloudWatch", "dashboard", "1", 1, prices.dashboards),
  ];
};

export const schedulerLines = ({ trainRuns, sweepRuns, learning }: Flow, prices: PriceTable): Line[] => [
  lineOf("Scheduler", "runs of training", "one every five minutes", trainRuns, prices.scheduledRuns),
  lineOf("Scheduler", "runs of the sweep", "one every minute", sweepRuns, prices.scheduledRuns),
  lineOf(
    "Scheduler",
    "runs of the learning loop",
    "drift, compaction, reports by the hour, the others every five minutes",
    learning.driftRuns + learning.compactRuns + learning.reportRuns + learning.shadowRuns + learning.startRuns,
    prices.scheduledRuns,
  ),
];

export const dataLines = ({ pagePolls }: Flow, prices: PriceTable): Line[] => {
  const gb = (pagePolls * ASSUMED.pagePollBytes) / BYTES_PER_GB;
  const how = `${figure(pagePolls)} polls of the page × ${figure(ASSUMED.pagePollBytes)} bytes`;
  return [lineOf("CloudFront", "data out", how, gb, prices.dataOut)];
};

import { api, gateway } from "./api.ts";
import { compact, drift, job, report, shadow } from "./learning.ts";
import { log, logSweep } from "./logs.ts";
import { METRICS, type Metric } from "./metrics.ts";
import { retrain, retrainStart, trees } from "./retraining.ts";
import { nameOf } from "./settings.ts";
import { bucket, givenUpRequests, table } from "./storage.ts";
import { archive, score, stream } from "./stream.ts";
import { missedRuns, train } from "./training.ts";

const region = aws.getRegionOutput().region;

/** A dashboard is 24 units wide: three graphs to a row. */
const [WIDTH, HEIGHT, COLUMNS] = [8, 6, 3];

type Name = $util.Input<string>;
/** One line: namespace, metric, dimension and its value; then how to sum it up and what to call it. */
type Line = [string, string, ...Name[], { stat: string; label: string }];
type Graph = { title: string; lines: Line[] };

const lambda = (metric: string, { name }: sst.aws.Function, stat: string, label: string): Line => [
  ...(["AWS/Lambda", metric, "FunctionName", name] as const),
  { stat, label },
];
const counted = ({ namespace, metricName, dimensions }: Metric): Line => [
  ...([namespace, metricName, "service", dimensions.service] as const),
  { stat: "Sum", label: metricName },
];
const kinesis = (metric: string, label: string): Line => [
  ...(["AWS/Kinesis", metric, "StreamName", stream.name] as const),
  { stat: "Sum", label },
];
const requests = (metric: string, stat: string, label: string): Line => [
  ...(["AWS/ApiGateway", metric, "ApiId", gateway.nodes.api.id] as const),
  { stat, label },
];
const items = (metric: string, label: string): Line => [
  ...(["AWS/DynamoDB", metric, "TableName", table.name] as const),
  { stat: "Sum", label },
];
const queued = (queue: sst.aws.Queue, label: string): Line => [
  ...(["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue.nodes.queue.name] as const),
  { stat: "Maximum", label },
];

const { Received, Scored, Unmatched, Late, Quarantined, Skipped, Failed, Anomalies } = METRICS.score;
const FUNCTIONS = {
  ...{ Score: score, Log: log, LogSweep: logSweep, Archive: archive, Train: train, Api: api },
  ...{ Drift: drift, Shadow: shadow, Retrain: retrain, RetrainStart: retrainStart, Trees: trees },
  ...{ Compact: compact, Report: report, Job: job },
};
const CONSUMERS = { Score: score, Log: log, Archive: archive };
const LINES = METRICS.log;
const each = (metric: string, stat: string) =>
  Object.entries(FUNCTIONS).map(([label, of]) => lambda(metric, of, stat, label));

/** In flow order, what came in first and what it cost last. */
const GRAPHS: Graph[] = [
  { title: "Onto the stream", lines: [kinesis("IncomingRecords", "records"), kinesis("IncomingBytes", "bytes")] },
  { title: "What became of the events", lines: [Received, Scored, Unmatched, Late, Skipped].map(counted) },
  { title: "Anomalies", lines: [Anomalies].map(counted) },
  { title: "What became of log lines", lines: [LINES.Received, LINES.Delivered, LINES.Unmatched].map(counted) },
  {
    title: "Sessions of logs",
    lines: [LINES.SessionsEnded, METRICS.logSweep.SessionsEnded, LINES.AnomalousSessions, LINES.NewTemplates].map(
      counted,
    ),
  },
  {
    title: "Behind the stream, ms",
    lines: Object.entries(CONSUMERS).map(([label, of]) => lambda("IteratorAge", of, "Maximum", label)),
  },
  { title: "Refused records", lines: [Quarantined, Failed, LINES.Failed, METRICS.archive.Quarantined].map(counted) },
  {
    title: "Given up",
    lines: [
      [
        "AWS/S3",
        "PutRequests",
        "BucketName",
        bucket.name,
        "FilterId",
        givenUpRequests.name,
        { stat: "Sum", label: "batches" },
      ],
      queued(missedRuns, "runs of schedules"),
    ],
  },
  { title: "Duration p99, ms", lines: each("Duration", "p99") },
  { title: "Errors", lines: each("Errors", "Sum") },
  { title: "Throttles", lines: each("Throttles", "Sum") },
  { title: "Training", lines: [METRICS.train.Due, METRICS.train.Trained, METRICS.train.Failed].map(counted) },
  { title: "Drift checks", lines: [METRICS.drift.Checked, METRICS.drift.Drifted, METRICS.drift.Failed].map(counted) },
  {
    title: "Retrainings",
    lines: [
      ...[METRICS.retrainStart.Started, METRICS.retrain.Promoted, METRICS.retrain.Rejected],
      ...[METRICS.retrain.RolledBack, METRICS.retrain.Failed],
    ].map(counted),
  },
  { title: "Rows in shadow", lines: [METRICS.shadow.Rows, METRICS.shadow.Failed].map(counted) },
  { title: "Events compacted", lines: [METRICS.compact.Compacted].map(counted) },
  { title: "Reports sent", lines: [METRICS.report.Sent, METRICS.report.Failed].map(counted) },
  {
    title: "API requests",
    lines: [requests("Count", "Sum", "all"), requests("4xx", "Sum", "4xx"), requests("5xx", "Sum", "5xx")],
  },
  { title: "API latency, ms", lines: [requests("Latency", "p50", "p50"), requests("Latency", "p99", "p99")] },
  {
    title: "Table units",
    lines: [items("ConsumedReadCapacityUnits", "read"), items("ConsumedWriteCapacityUnits", "written")],
  },
  { title: "Functions at once", lines: each("ConcurrentExecutions", "Maximum") },
];

/** Dashboards are one list for all regions. */
new aws.cloudwatch.Dashboard("Dashboard", {
  dashboardName: $interpolate`${nameOf("pipeline")}-${region}`,
  dashboardBody: $jsonStringify({
    widgets: GRAPHS.map(({ title, lines }, index) => ({
      type: "metric",
      ...{ x: (index % COLUMNS) * WIDTH, y: Math.floor(index / COLUMNS) * HEIGHT, width: WIDTH, height: HEIGHT },
      properties: { title, region, period: 300, view: "timeSeries", metrics: lines },
    })),
  }),
});

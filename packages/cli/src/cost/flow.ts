import { type Batching, batchingOf, shardsFor } from "./batching.ts";
import { ASSUMED, AWS, DEPLOYMENT } from "./deployment.ts";
import { type LearningFlow, learningFlow } from "./learning.ts";
import { type LogFlow, logEventSizes, logFlowOf } from "./log-flow.ts";
import { measuredOf } from "./measured.ts";
import type { MeasuredDetector } from "./measured-detectors.ts";
import { HOURS_PER_MONTH, SECONDS_PER_MONTH, type Workload } from "./workload.ts";

/** What happens in a month, before anything has a price. */
export type Flow = {
  workload: Workload;
  /** What each of the detectors takes. */
  measured: MeasuredDetector;
  score: Batching;
  archive: Batching;
  logs: LogFlow | undefined;
  events: number;
  /** Series of one scorer batch, and of all: one per detector and entity. */
  seriesPerBatch: number;
  series: number;
  /** A head is read and written once per series and batch. */
  heads: number;
  rowsPerSeriesAndHour: number;
  rows: number;
  chunks: number;
  anomalies: number;
  trainRuns: number;
  sweepRuns: number;
  learning: LearningFlow;
  pagePolls: number;
  /** Requests that bring events, and those of the open page. */
  eventRequests: number;
  pageRequests: number;
};

export const flowOf = (workload: Workload): Flow => {
  const { eventsPerSecond, entities, detectors, intervalSeconds, eventsPerRequest, pageHours } = workload;
  const { mappings, trainRunsPerHour, sweepRunsPerHour, pagePollSeconds, pageRequestsPerPoll } = DEPLOYMENT;
  const measured = measuredOf(workload.family, workload.metrics);
  const windowSeconds = mappings.archive.maximumBatchingWindowInSeconds;
  const { stream, sizes, shards } = streamOf(workload, measured);
  const score = batchingOf(workload, { ...mappings.score, windowSeconds: workload.windowSeconds }, measured, shards);
  const archive = batchingOf(stream, { ...mappings.archive, windowSeconds }, sizes, shards);
  const logs = workload.logs && logFlowOf(workload.logs, workload, shards);
  const events = eventsPerSecond * SECONDS_PER_MONTH;
  const series = entities * detectors;
  const seriesPerBatch = score.entitiesPerBatch * detectors;
  const eventsPerSecondAndSeries = eventsPerSecond / entities;
  const rowsPerSecond =
    intervalSeconds === 0 ? eventsPerSecondAndSeries : Math.min(eventsPerSecondAndSeries, 1 / intervalSeconds);
  const rowsPerSeriesAndHour = 3600 * rowsPerSecond;
  const rows = series * rowsPerSeriesAndHour * HOURS_PER_MONTH;
  const pagePolls = (pageHours * 3600) / pagePollSeconds;
  return {
    ...{
      workload,
      measured,
      score,
      archive,
      logs,
      events,
      seriesPerBatch,
      series,
      rowsPerSeriesAndHour,
      rows,
      pagePolls,
    },
    heads: score.batchesPerMonth * seriesPerBatch,
    chunks: series * chunksPerHour(rowsPerSeriesAndHour, measured.rowsPerChunk) * HOURS_PER_MONTH,
    anomalies: rows * ASSUMED.anomaliesPerRow,
    trainRuns: trainRunsPerHour * HOURS_PER_MONTH,
    sweepRuns: sweepRunsPerHour * HOURS_PER_MONTH,
    learning: learningFlow(workload, measured),
    eventRequests: eventsPerRequest === 0 ? 0 : (events + (logs?.lines ?? 0)) / eventsPerRequest,
    pageRequests: pagePolls * pageRequestsPerPoll,
  };
};

/** What the archive sees: events and lines, and the stream that takes them. */
const streamOf = (workload: Workload, measured: MeasuredDetector) => {
  const { eventsPerSecond, entities, logs } = workload;
  if (!logs) {
    return { stream: workload, sizes: measured, shards: shardsFor(eventsPerSecond, measured.eventBytes) };
  }
  const lines = logEventSizes(logs);
  const all = eventsPerSecond + logs.linesPerSecond;
  const mean = (ofEvent: number, ofLine: number) => (eventsPerSecond * ofEvent + logs.linesPerSecond * ofLine) / all;
  const eventBytes = mean(measured.eventBytes, lines.eventBytes);
  const shards = shardsFor(all, eventBytes);
  // Lines are on every shard.
  const stream = { ...workload, eventsPerSecond: all, entities: entities + shards };
  return { stream, sizes: { eventBytes, payloadBytes: mean(measured.payloadBytes, lines.payloadBytes) }, shards };
};

/** A chunk closes when it is full, and with its hour; it has a row at least. */
const chunksPerHour = (rowsPerHour: number, rowsPerChunk: number): number =>
  Math.min(rowsPerHour, Math.ceil(rowsPerHour / rowsPerChunk));

export const readUnits = (bytes: number): number => Math.ceil(bytes / AWS.readUnitBytes);

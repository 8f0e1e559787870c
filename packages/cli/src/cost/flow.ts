import { type Batching, batchingOf } from "./batching.ts";
import { ASSUMED, AWS, DEPLOYMENT } from "./deployment.ts";
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
  const score = batchingOf(workload, { ...mappings.score, windowSeconds: workload.windowSeconds }, measured);
  const archive = batchingOf(workload, { ...mappings.archive, windowSeconds }, measured);
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
    ...{ workload, measured, score, archive, events, seriesPerBatch, series, rowsPerSeriesAndHour, rows, pagePolls },
    heads: score.batchesPerMonth * seriesPerBatch,
    chunks: series * chunksPerHour(rowsPerSeriesAndHour, measured.rowsPerChunk) * HOURS_PER_MONTH,
    anomalies: rows * ASSUMED.anomaliesPerRow,
    trainRuns: trainRunsPerHour * HOURS_PER_MONTH,
    sweepRuns: sweepRunsPerHour * HOURS_PER_MONTH,
    eventRequests: eventsPerRequest === 0 ? 0 : events / eventsPerRequest,
    pageRequests: pagePolls * pageRequestsPerPoll,
  };
};

/** A chunk closes when it is full, and with its hour; it has a row at least. */
const chunksPerHour = (rowsPerHour: number, rowsPerChunk: number): number =>
  Math.min(rowsPerHour, Math.ceil(rowsPerHour / rowsPerChunk));

export const readUnits = (bytes: number): number => Math.ceil(bytes / AWS.readUnitBytes);

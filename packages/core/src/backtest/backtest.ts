import type { Detector } from "../detector.ts";
import { planOf } from "../feature/plan.ts";
import { RowState } from "../feature/rows.ts";
import { loadScorer, type Scorer } from "../model/scorer.ts";
import { loadModel } from "../register/models.ts";
import type { Head } from "../store/head.ts";
import { oldestRowMs } from "../store/oldest-row.ts";
import type { Point } from "../store/points.ts";
import type { Blobs, ModelRuntime, Table } from "../store/ports.ts";
import { listSeries, readPoints } from "../store/read-series.ts";
import { checkHasVersions, checkVersion } from "./check-version.ts";
import { addToIncidents, diffIncidents, type Incident, liveAnomalies } from "./incidents.ts";
import { readInParts } from "./read-parts.ts";
import { type RescoredRow, type Rescorer, rescorer } from "./rescore.ts";
import { addSeries, type BacktestResult, emptyResult } from "./result.ts";

export type BacktestPorts = { table: Table; blobs: Blobs; runtime: ModelRuntime };
export type BacktestOrder = {
  detector: Detector;
  model: { name: string; version: number };
  /** Event time; from inclusive, to exclusive. */
  fromMs: number;
  toMs: number;
};
/** What has come of the series up to `after`, in the byte order of the entities: enough to go on. */
export type BacktestProgress = { after: string; result: BacktestResult };

export type BacktestOptions = {
  before?: BacktestProgress | undefined;
  /** Asked after each series. */
  onProgress?(progress: BacktestProgress): Promise<void> | void;
  /** Asked after each part of a series; rows so far. */
  onRows?(rows: number): void;
};

const DAY_MS = 24 * 3_600_000;
/** Rows before the range that fill the window, and settle levels (`score/level.ts`: a memory of 32 rows) and incident. */
const LEAD_ROWS = 2000;
/** An alarm budget looks at seven days, and was set when the last day began. */
const BUDGET_LEAD_MS = 8 * DAY_MS;
/** Series per query. */
const PAGE = 50;

/**
 * Scores a detector's history again with one version of a model, and compares the incidents with those that were live then.
 * One series at a time and a day of it: memory does not grow with either.
 * @throws AppError VALIDATION when the family has no versions, CONFLICT when the version is of other features, NOT_FOUND
 */
export const backtest = async (
  ports: BacktestPorts,
  order: BacktestOrder,
  { before, onProgress, onRows }: BacktestOptions = {},
): Promise<BacktestResult> => {
  const { detector, fromMs, toMs } = order;
  const scorer = await scorerFor(ports, order);
  let result = before?.result ?? emptyResult({ detector: detector.id, model: order.model, fromMs, toMs });
  let after = before?.after;
  for (;;) {
    const page = await listSeries(ports.table, detector.id, { after, limit: PAGE });
    for (const { entity, head } of page) {
      if (head.rows > 0) {
        const span = await withinRows(ports.table, order, entity, head);
        result = await addOne(ports.table, { ...order, ...span }, scorer, entity, result, onRows);
      }
      after = entity;
      await onProgress?.({ after, result });
    }
    if (page.length === 0) return result;
  }
};

/** The part of the range in which a series can have rows, to within a day: who asks for all time shall not wait for empty years. */
const withinRows = async (table: Table, { detector, fromMs, toMs }: BacktestOrder, entity: string, head: Head) => {
  const oldestMs = await oldestRowMs(table, detector.id, entity, head);
  const newestMs = Math.max(head.lastRowMs, head.state.newestMs);
  return { fromMs: Math.max(fromMs, oldestMs - DAY_MS), toMs: Math.min(toMs, newestMs + DAY_MS) };
};

const scorerFor = async (ports: BacktestPorts, { detector, model }: BacktestOrder): Promise<Scorer> => {
  checkHasVersions(detector);
  const { manifest, onnx } = await loadModel(ports, model.name, model.version);
  checkVersion(detector, manifest);
  return await loadScorer(ports.runtime, manifest, onnx);
};

const addOne = async (
  table: Table,
  { detector, fromMs, toMs }: BacktestOrder,
  scorer: Scorer,
  entity: string,
  before: BacktestResult,
  onRows?: (rows: number) => void,
): Promise<BacktestResult> => {
  const { closeAfterRows } = detector;
  const { rowsHash, configHash, latenessMs } = planOf(detector);
  const result = structuredClone(before);
  const [live, other]: [Incident[], Incident[]] = [[], []];
  const rows = rescorer(detector, scorer);
  await leadIn(table, detector, entity, fromMs, rows);
  const { rows: rowsBefore } = result;
  for await (const part of readInParts(table, { detectorId: detector.id, entity, fromMs, toMs, latenessMs })) {
    const usable = part.filter((point) => point.rowsHash === rowsHash);
    const rescored = await rows.take(part);
    result.otherRows += part.length - usable.length;
    countLive(result, usable, configHash);
    countOther(result, rescored);
    addToIncidents(live, liveAnomalies(usable), closeAfterRows);
    addToIncidents(other, anomaliesOf(rescored), closeAfterRows);
    onRows?.(result.rows);
  }
  if (result.rows === rowsBefore) return result;
  result.series++;
  result.live.incidents += live.length;
  result.other.incidents += other.length;
  return addSeries(result, entity, diffIncidents(live, other, closeAfterRows));
};

const leadIn = async (table: Table, detector: Detector, entity: string, fromMs: number, rows: Rescorer) => {
  const { id, alarmsPerDay } = detector;
  const { latenessMs } = planOf(detector);
  if (alarmsPerDay === undefined) {
    await rows.take(await readPoints(table, id, entity, { toMs: fromMs, limit: LEAD_ROWS }));
    return;
  }
  const lead = { detectorId: id, entity, fromMs: Math.max(0, fromMs - BUDGET_LEAD_MS), toMs: fromMs, latenessMs };
  for await (const part of readInParts(table, lead)) await rows.take(part);
};

const countLive = (result: BacktestResult, points: readonly Point[], configHash: string): void => {
  const { live } = result;
  const countIf = (is: (point: Point) => boolean) => points.filter(is).length;
  result.rows += points.length;
  live.scored += countIf(({ state }) => state === RowState.scored);
  live.anomalies += countIf(({ grade }) => grade > 0);
  live.suppressed += countIf(({ isSuppressed }) => isSuppressed);
  live.otherSettings += countIf((point) => point.configHash !== configHash);
  for (const { modelVersion } of points) live.versions[modelVersion] = (live.versions[modelVersion] ?? 0) + 1;
};

const countOther = ({ other }: BacktestResult, rows: readonly RescoredRow[]): void => {
  other.scored += rows.filter(({ state }) => state === RowState.scored).length;
  other.anomalies += rows.filter(({ isAnomaly }) => isAnomaly).length;
  other.suppressed += rows.filter(({ isSuppressed }) => isSuppressed).length;
};

const anomaliesOf = (rows: readonly RescoredRow[]) =>
  rows.flatMap(({ row, timestampMs, score, isAnomaly }) => (isAnomaly ? [{ row, timestampMs, score: score! }] : []));

import { rescorer } from "../backtest/rescore.ts";
import type { Detector } from "../detector.ts";
import { AppError } from "../errors.ts";
import { RowState } from "../feature/rows.ts";
import type { Scorer } from "../model/scorer.ts";
import { shadowKey } from "../store/keys.ts";
import type { Point } from "../store/points.ts";
import type { Put } from "../store/ports.ts";
import { listSeries, readPoints, type SeriesHead } from "../store/read-series.ts";
import { compareRow } from "./evidence.ts";
import type { ShadowPorts } from "./shadow.ts";
import { freshShadow, readShadow, type ShadowSeries, shadowPut, summaryPut } from "./shadow-doc.ts";

/** What a run did for one challenger. `behind`: series that have rows left for the next run. */
export type ShadowRun = { series: number; rows: number; behind: number; failed: { entity: string; reason: string }[] };

/** Series of one page: their watermarks are read and written together. */
const PAGE = 100;
/** Rows before the trial that fill the challenger's window, levels and alarm memory: a week of five-minute rows. */
const CONTEXT_ROWS = 2016;
/** Rows of a series that one run takes, so that one which is far behind does not keep the others waiting. */
const ROWS_PER_RUN = 5000;

/** @throws what the model throws when it is loaded or run: nothing is written of the page that was under way */
export const shadowDetector = async (
  ports: ShadowPorts,
  detector: Detector,
  version: number,
  nowMs: number,
  untilMs: number,
): Promise<ShadowRun> => {
  const run: ShadowRun = { series: 0, rows: 0, behind: 0, failed: [] };
  const scorer = await ports.scorerOf(detector.id, "challenger");
  // A memory that has not noticed yet which version is tried now.
  if (scorer?.manifest.version !== version) return run;
  const trial: Trial = { ...{ ports, detector, scorer, untilMs, run }, total: { rows: 0, hours: 0, cpuMs: 0 } };
  let after: string | undefined;
  for (;;) {
    const page = await listSeries(ports.table, detector.id, { after, limit: PAGE });
    const puts = await takePage(trial, page, nowMs);
    if (puts.length > 0) await ports.table.putMany(puts);
    after = page.at(-1)?.entity;
    if (after === undefined) break;
  }
  const summary = { ...trial.total, series: run.series, behind: run.behind, updatedAtMs: nowMs };
  await ports.table.putMany([summaryPut(detector.id, version, summary)]);
  return run;
};

type Trial = {
  ports: ShadowPorts;
  detector: Detector;
  scorer: Scorer;
  untilMs: number;
  run: ShadowRun;
  /** Of all series, whether this run took rows of them or not. */
  total: { rows: number; hours: number; cpuMs: number };
};

const HOUR_MS = 3_600_000;

const takePage = async (trial: Trial, page: readonly SeriesHead[], nowMs: number): Promise<Put[]> => {
  const { ports, detector, scorer, run, total } = trial;
  const { version } = scorer.manifest;
  const items = await ports.table.getMany(page.map(({ entity }) => shadowKey(detector.id, version, entity)));
  const puts: Put[] = [];
  for (const [at, { entity, head }] of page.entries()) {
    try {
      const item = items[at];
      const before = item ? readShadow(item) : freshShadow(entity, 0);
      const after = await takeSeries(trial, before, head.rows);
      if (after !== before) puts.push(shadowPut(detector.id, version, after, nowMs));
      run.series++;
      run.rows += after.challenger.rows - before.challenger.rows;
      if (after.lastRow < head.rows - 1) run.behind++;
      total.rows += after.challenger.rows;
      total.cpuMs += after.cpuMs;
      total.hours = Math.max(total.hours, ((after.toMs ?? 0) - (after.fromMs ?? 0)) / HOUR_MS);
    } catch (error) {
      if (!(error instanceof AppError) || (error.code !== "CORRUPT" && error.code !== "TOO_LARGE")) throw error;
      run.failed.push({ entity, reason: error.message });
    }
  }
  return puts;
};

/** The series with its next rows, up to the one with this number; itself when there are none, or no time. */
const takeSeries = async (
  { ports, detector, scorer, untilMs }: Trial,
  before: ShadowSeries,
  endRow: number,
): Promise<ShadowSeries> => {
  if (before.lastRow >= endRow - 1 || ports.clock() >= untilMs) return before;
  const isFirst = before.lastRow < before.startRow;
  const from = isFirst ? Math.max(0, before.startRow - CONTEXT_ROWS) : before.lastRow + 1;
  const beforeRow = Math.min(endRow, from + ROWS_PER_RUN);
  const points = await readPoints(ports.table, detector.id, before.entity, { beforeRow, limit: beforeRow - from });
  const startedMs = ports.cpuMs();
  const again = rescorer(detector, scorer, before.state);
  const results = new Map((await again.take(points)).map((result) => [result.row, result]));
  const tookMs = ports.cpuMs() - startedMs;
  const state = again.state();
  const after: ShadowSeries = {
    ...structuredClone({ ...before, state: undefined }),
    ...{ lastRow: beforeRow - 1, state: { ...state, lastRow: beforeRow - 1 }, stateRows: state.rows },
    cpuMs: before.cpuMs + tookMs,
  };
  for (const point of points.filter(({ row }) => row >= before.startRow).sort((a, b) => a.row - b.row)) {
    const result = results.get(point.row);
    if (!result || result.score === null || !isOfChampion(point, scorer.manifest.version)) continue;
    const champion = { ...point, isAnomaly: point.grade > 0 };
    compareRow(after, champion, { ...result, score: result.score }, detector.closeAfterRows);
  }
  return after;
};

/** In a canary the challenger is live itself: of such rows there is nothing to compare. */
const isOfChampion = ({ state, modelVersion }: Point, challenger: number): boolean =>
  state === RowState.scored && modelVersion !== challenger;

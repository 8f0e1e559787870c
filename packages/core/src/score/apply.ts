import { AppError } from "../errors.ts";
import type { Plan } from "../feature/plan.ts";
import { compareSequence } from "../ingest/sequence.ts";
import type { Scorer } from "../model/scorer.ts";
import { noCounts, type SeriesCounts } from "../store/head.ts";
import type { Table } from "../store/ports.ts";
import type { SeriesWork } from "./route.ts";
import { type FailedRecord, type ScoredSeries, scoreSeries } from "./series.ts";
import { keepLost, type LostSides, removeLost, writeSeries } from "./write.ts";

export type SeriesReport = {
  /** What the batch added to the series. `events` are the applied deliveries. */
  series: SeriesCounts;
  seriesWritten: number;
  /** Heads that another consumer wrote first, so that their series were scored again. */
  conflicts: number;
  /** Deliveries that cannot be applied, in the order of the stream: whoever acknowledges the batch keeps them first. */
  failed: FailedRecord[];
};

/**
 * Attempts per batch while other consumers write the same series: in each round at least one of them gets through, so
 * that this many consumers would have to win before it is reached.
 */
const MAX_ATTEMPTS = 100;

/**
 * Scores the events of some series and stores results and state, each event once in effect. Adds to `report`.
 * @param isAlone the batch is one record: whatever its computation throws is its own fault
 */
export const applyWorks = async (
  table: Table,
  scorers: Map<Plan, Scorer>,
  works: readonly SeriesWork[],
  isAlone: boolean,
  report: SeriesReport,
): Promise<void> => {
  let open = works;
  const lost: LostSides = new Map();
  for (let attempt = 0; open.length > 0; attempt++) {
    if (attempt === MAX_ATTEMPTS) throw contended(open);
    const { scored, failed } = await scoreSeries(table, scorers, open, isAlone);
    report.failed = [...report.failed, ...failed];
    const written = await writeSeries(table, scored);
    for (const one of written.won) addTo(report, one);
    report.conflicts += written.lost.length;
    await removeLost(table, lost, written.won);
    for (const one of written.lost) keepLost(lost, one);
    open = written.lost.map(({ work }) => work);
  }
  report.failed.sort((a, b) => compareSequence(a.record.sequenceNumber, b.record.sequenceNumber));
};

const COUNT_NAMES = Object.keys(noCounts()) as (keyof SeriesCounts)[];
const addTo = (report: SeriesReport, { head, countsBefore, applied }: ScoredSeries): void => {
  if (applied > 0) report.seriesWritten++;
  for (const name of COUNT_NAMES) report.series[name] += head.counts[name] - countsBefore[name];
};

/** Without the entity's name: this one gets into logs. */
const contended = (open: readonly SeriesWork[]): AppError => {
  const series = `${open.length} series of detector ${open[0]!.plan.id}`;
  return new AppError("CONFLICT", `${series} were written by other consumers ${MAX_ATTEMPTS} times in a row`);
};

import type { Detector } from "../detector.ts";
import { AppError } from "../errors.ts";
import type { Plan } from "../feature/plan.ts";
import type { Scorer } from "../model/scorer.ts";
import { countRecords } from "../store/counts.ts";
import { noCounts, type SeriesCounts } from "../store/head.ts";
import type { StreamRecord, Table } from "../store/ports.ts";
import { routeRecords, type SeriesWork } from "./route.ts";
import { type ScoredSeries, scoreSeries } from "./series.ts";
import { keepLost, type LostSides, removeLost, writeSeries } from "./write.ts";

export type ScorePorts = {
  table: Table;
  /** Enabled detectors; a lister with a memory (`detectorLister`), because it is asked once per batch. */
  detectors: () => Promise<readonly Detector[]>;
  /** The detector's live model, `undefined` when there is none; also asked once per batch and detector. */
  scorerOf: (detectorId: string) => Promise<Scorer | undefined>;
};

/** `received = invalid + unmatched +` matched, `deliveries = applied + repeated`, `applied = Σ` of the series' events. */
export type ScoreReport = {
  received: number;
  ignored: number;
  invalid: number;
  unmatched: number;
  deliveries: number;
  repeated: number;
  /** What the batch added to the series. `events` are the applied deliveries. */
  series: SeriesCounts;
  seriesWritten: number;
  /** Heads that another consumer wrote first, so that their series were scored again. */
  conflicts: number;
};

/**
 * Attempts per batch while other consumers write the same series: in each round at least one of them gets through, so
 * that this many consumers would have to win before it is reached.
 */
const MAX_ATTEMPTS = 100;

/**
 * Scores the metric records of one batch and stores results and state, each record exactly once in effect: side items
 * (closed chunks, anomalies) first, then per series one conditional head write that carries the sequence numbers. A series
 * whose head was written by somebody else meanwhile is read and scored again.
 */
export const scoreBatch = async (ports: ScorePorts, records: readonly StreamRecord[]): Promise<ScoreReport> => {
  const routed = routeRecords(await ports.detectors(), records);
  const { received, ignored, invalid, unmatched, deliveries } = routed;
  const report: ScoreReport = {
    ...{ received, ignored, invalid, unmatched, deliveries },
    ...{ repeated: 0, series: noCounts(), seriesWritten: 0, conflicts: 0 },
  };
  const scorers = await loadScorers(ports, routed.works);
  let open = routed.works;
  const lost: LostSides = new Map();
  for (let attempt = 0; open.length > 0; attempt++) {
    if (attempt === MAX_ATTEMPTS) throw contended(open);
    const written = await writeSeries(ports.table, await scoreSeries(ports.table, scorers, open));
    for (const one of written.won) addTo(report, one);
    report.conflicts += written.lost.length;
    await removeLost(ports.table, lost, written.won);
    for (const one of written.lost) keepLost(lost, one);
    open = written.lost.map(({ work }) => work);
  }
  for (const [shardId, counted] of routed.counted) await countRecords(ports.table, shardId, counted);
  return report;
};

/** A model made for other features does not fit the rows: the series warms up until there is a new one. */
const loadScorers = async ({ scorerOf }: ScorePorts, works: readonly SeriesWork[]): Promise<Map<Plan, Scorer>> => {
  const scorers = new Map<Plan, Scorer>();
  for (const plan of new Set(works.map((work) => work.plan))) {
    const scorer = await scorerOf(plan.id);
    if (scorer?.manifest.featureHash === plan.featureHash) scorers.set(plan, scorer);
  }
  return scorers;
};

const COUNT_NAMES = Object.keys(noCounts()) as (keyof SeriesCounts)[];
const addTo = (report: ScoreReport, { work, head, countsBefore, applied }: ScoredSeries): void => {
  if (applied > 0) report.seriesWritten++;
  report.repeated += work.records.length - applied;
  for (const name of COUNT_NAMES) report.series[name] += head.counts[name] - countsBefore[name];
};

const contended = (open: readonly SeriesWork[]): AppError => {
  const { plan, entity } = open[0]!;
  const series = `${open.length} series (first: ${plan.id} of ${entity})`;
  return new AppError("CONFLICT", `${series} were written by other consumers ${MAX_ATTEMPTS} times in a row`);
};

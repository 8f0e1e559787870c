import type { Detector } from "../detector.ts";
import { AppError } from "../errors.ts";
import type { Plan } from "../feature/plan.ts";
import { compareSequence } from "../ingest/sequence.ts";
import type { Scorer } from "../model/scorer.ts";
import { type CountedRecord, countRecords } from "../store/counts.ts";
import { noCounts, type SeriesCounts } from "../store/head.ts";
import type { StreamRecord, Table } from "../store/ports.ts";
import { type Routed, routeRecords, type SeriesWork } from "./route.ts";
import { type FailedRecord, type ScoredSeries, scoreSeries } from "./series.ts";
import { keepLost, type LostSides, removeLost, writeSeries } from "./write.ts";

export type ScorePorts = {
  table: Table;
  /** Enabled detectors; a lister with a memory (`detectorLister`), because it is asked once per batch. */
  detectors: () => Promise<readonly Detector[]>;
  /** The detector's live model, `undefined` when there is none; also asked once per batch and detector. */
  scorerOf: (detectorId: string) => Promise<Scorer | undefined>;
};

/**
 * `received = invalid + unmatched +` matched, `deliveries = applied + repeated + failed`, `applied = Σ` of the series' events.
 */
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
  /** Deliveries that cannot be applied, in the order of the stream: whoever acknowledges the batch keeps them first. */
  failed: FailedRecord[];
  /** Detectors whose model cannot be read: their series warm up until there is another one. */
  unusableModels: { detector: string; reason: string }[];
};

/**
 * Attempts per batch while other consumers write the same series: in each round at least one of them gets through, so
 * that this many consumers would have to win before it is reached.
 */
const MAX_ATTEMPTS = 100;

/**
 * Scores the metric records of one batch and stores results and state, each record exactly once in effect: side items
 * (closed chunks, anomalies) first, then per series one conditional head write that carries the sequence numbers. A series
 * whose head was written by somebody else meanwhile is read and scored again; one that is damaged or too large fails
 * alone.
 *
 * @throws what no series is to blame for: whatever a table, the detectors or the models' store answer, which a repeat of the
 * batch gets over when the cause is gone, and no record is given up for it. What a series' own computation throws too, but
 * of a batch of one record that is the record's fault, and it fails; so it does when its items break the table's rules.
 */
export const scoreBatch = async (ports: ScorePorts, records: readonly StreamRecord[]): Promise<ScoreReport> => {
  const detectors = await ports.detectors();
  const alone = records.length === 1 ? records[0] : undefined;
  try {
    return await scoreRouted(ports, routeRecords(detectors, records), alone !== undefined);
  } catch (error) {
    if (!alone || !breaksRules(error)) throw error;
    return await failRecord(ports, alone, error);
  }
};

/** What a table refuses for what it is given, not for how it is doing. */
const breaksRules = (error: unknown): error is AppError =>
  error instanceof AppError && (error.code === "VALIDATION" || error.code === "TOO_LARGE");

/** Nothing of it was written: it counts as one delivery, whatever it would have been. */
const failRecord = async ({ table }: ScorePorts, record: StreamRecord, error: AppError): Promise<ScoreReport> => {
  const { shardId, sequenceNumber } = record;
  await countRecords(table, shardId, [{ sequenceNumber, isInvalid: false, deliveries: 1, failed: 1 }]);
  const failed = [{ record, reason: error.message }];
  return { ...emptyReport({ received: 1, ignored: 0, invalid: 0, unmatched: 0, deliveries: 1 }), failed };
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type RoutedCounts = Pick<Routed, "received" | "ignored" | "invalid" | "unmatched" | "deliveries">;
const emptyReport = ({ received, ignored, invalid, unmatched, deliveries }: RoutedCounts): ScoreReport => ({
  ...{ received, ignored, invalid, unmatched, deliveries },
  ...{ repeated: 0, series: noCounts(), seriesWritten: 0, conflicts: 0, failed: [], unusableModels: [] },
});

const scoreRouted = async (ports: ScorePorts, routed: Routed, isAlone: boolean): Promise<ScoreReport> => {
  const report = emptyReport(routed);
  const scorers = await loadScorers(ports, routed.works, report);
  let open = routed.works;
  const lost: LostSides = new Map();
  for (let attempt = 0; open.length > 0; attempt++) {
    if (attempt === MAX_ATTEMPTS) throw contended(open);
    const { scored, failed } = await scoreSeries(ports.table, scorers, open, isAlone);
    report.failed = [...report.failed, ...failed];
    const written = await writeSeries(ports.table, scored);
    for (const one of written.won) addTo(report, one);
    report.conflicts += written.lost.length;
    await removeLost(ports.table, lost, written.won);
    for (const one of written.lost) keepLost(lost, one);
    open = written.lost.map(({ work }) => work);
  }
  report.failed.sort((a, b) => compareSequence(a.record.sequenceNumber, b.record.sequenceNumber));
  for (const [shardId, counted] of routed.counted) {
    await countRecords(ports.table, shardId, withFailed(counted, shardId, report.failed));
  }
  report.repeated = report.deliveries - report.series.events - report.failed.length;
  return report;
};

const withFailed = (counted: CountedRecord[], shardId: string, failed: readonly FailedRecord[]): CountedRecord[] => {
  if (failed.length === 0) return counted;
  const ofShard = failed.filter(({ record }) => record.shardId === shardId);
  const bySequence = Map.groupBy(ofShard, ({ record }) => record.sequenceNumber);
  return counted.map((one) => ({ ...one, failed: bySequence.get(one.sequenceNumber)?.length ?? 0 }));
};

/**
 * A model made for other features does not fit the rows: the series warms up until there is a new one. So it does when
 * the model cannot be read: `CORRUPT`, `NOT_FOUND`, or whatever a document of it throws that does not parse.
 */
const loadScorers = async (
  { scorerOf }: ScorePorts,
  works: readonly SeriesWork[],
  { unusableModels }: ScoreReport,
): Promise<Map<Plan, Scorer>> => {
  const scorers = new Map<Plan, Scorer>();
  for (const plan of new Set(works.map((work) => work.plan))) {
    if (plan.online) continue;
    const scorer = await scorerOf(plan.id).catch((error: unknown) => {
      if (error instanceof AppError && error.code !== "CORRUPT" && error.code !== "NOT_FOUND") throw error;
      unusableModels.push({ detector: plan.id, reason: messageOf(error) });
      return undefined;
    });
    if (scorer?.manifest.featureHash === plan.featureHash) scorers.set(plan, scorer);
  }
  return scorers;
};

const COUNT_NAMES = Object.keys(noCounts()) as (keyof SeriesCounts)[];
const addTo = (report: ScoreReport, { head, countsBefore, applied }: ScoredSeries): void => {
  if (applied > 0) report.seriesWritten++;
  for (const name of COUNT_NAMES) report.series[name] += head.counts[name] - countsBefore[name];
};

/** Without the entity's name: this one gets into logs. */
const contended = (open: readonly SeriesWork[]): AppError => {
  const series = `${open.length} series of detector ${open[0]!.plan.id}`;
  return new AppError("CONFLICT", `${series} were written by other consumers ${MAX_ATTEMPTS} times in a row`);
};

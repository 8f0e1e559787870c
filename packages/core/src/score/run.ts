import type { Detector } from "../detector.ts";
import { AppError } from "../errors.ts";
import type { Scorer } from "../model/scorer.ts";
import type { LiveAlias } from "../register/champion-cache.ts";
import { type CountedRecord, countRecords } from "../store/counts.ts";
import { noCounts } from "../store/head.ts";
import type { StreamRecord, Table } from "../store/ports.ts";
import { applyWorks, type SeriesReport } from "./apply.ts";
import { liveScorers } from "./live-scorers.ts";
import { type Routed, routeRecords } from "./route.ts";
import type { FailedRecord } from "./series.ts";

export type ScorePorts = {
  table: Table;
  /** Enabled detectors; a lister with a memory (`detectorLister`), because it is asked once per batch. */
  detectors: () => Promise<readonly Detector[]>;
  /**
   * The detector's live model, `undefined` when there is none; also asked once per batch and detector. Its challenger is asked
   * for only where the detector has a canary.
   */
  scorerOf: (detectorId: string, alias?: LiveAlias) => Promise<Scorer | undefined>;
};

/**
 * `received = invalid + unmatched +` matched, `deliveries = applied + repeated + failed`, `applied = Σ` of the series' events.
 */
export type ScoreReport = SeriesReport & {
  received: number;
  ignored: number;
  invalid: number;
  unmatched: number;
  deliveries: number;
  repeated: number;
  /** Detectors whose model cannot be read: their series warm up until there is another one. */
  unusableModels: { detector: string; reason: string }[];
};

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

type RoutedCounts = Pick<Routed, "received" | "ignored" | "invalid" | "unmatched" | "deliveries">;
const emptyReport = ({ received, ignored, invalid, unmatched, deliveries }: RoutedCounts): ScoreReport => ({
  ...{ received, ignored, invalid, unmatched, deliveries },
  ...{ repeated: 0, series: noCounts(), seriesWritten: 0, conflicts: 0, failed: [], unusableModels: [] },
});

const scoreRouted = async (ports: ScorePorts, routed: Routed, isAlone: boolean): Promise<ScoreReport> => {
  const report = emptyReport(routed);
  const scorers = await liveScorers(ports, routed.works, report);
  await applyWorks(ports.table, scorers, routed.works, isAlone, report);
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

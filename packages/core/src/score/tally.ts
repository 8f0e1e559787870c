import type { ScoreReport } from "./run.ts";

/**
 * What a batch came to, per delivery: `received = scored + unmatched + late + quarantined + skipped`, exactly. A record
 * that belongs to k detectors makes k deliveries; one that is invalid, or belongs to none, makes one. Events of other
 * types are not the scorer's and count for nothing.
 */
export type ScoreTally = {
  received: number;
  /** Taken in by its series in time; what became of the rows that it completed, the rows' own counts say. */
  scored: number;
  unmatched: number;
  /** Too old, or too far ahead of its arrival. */
  late: number;
  /** Invalid: the archive quarantines it. */
  quarantined: number;
  /** `= repeated + failed`: not taken in now. */
  skipped: number;
  /** Taken in by an earlier delivery. */
  repeated: number;
  /** Kept under `failed/` with the reason. */
  failed: number;
};

export const tallyOf = ({
  unmatched,
  invalid,
  deliveries,
  repeated,
  series,
  failed,
}: Omit<ScoreReport, "unusableModels">): ScoreTally => ({
  received: deliveries + unmatched + invalid,
  scored: series.events - series.late,
  unmatched,
  late: series.late,
  quarantined: invalid,
  skipped: repeated + failed.length,
  repeated,
  failed: failed.length,
});

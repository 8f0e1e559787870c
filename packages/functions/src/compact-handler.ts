import type { RetentionRules } from "@tidewatch/core/dataset/retention";
import type { Blobs, Clock } from "@tidewatch/core/store/ports";
import { type CompactReport, compactArchive } from "./dataset/compact.ts";
import type { DuckDbLimits } from "./dataset/duckdb.ts";
import { applyRetention, type RetainReport } from "./dataset/retain.ts";

export type CompactHandlerPorts = {
  blobs: Blobs;
  clock: Clock;
  /** Up to when all records that arrived are archived, where that is known; else the clock. */
  takenUntil?: Clock;
  rules: RetentionRules;
  limits?: DuckDbLimits;
  /** For what came of the run, for logs and metrics. */
  onReport: (report: CompactReport & RetainReport) => void;
};

/** No file is begun after this time: the largest takes some minutes, and a function has fifteen. */
const COMPACT_MS = 5 * 60_000;

/**
 * Called by a schedule, whatever the event says. A run that overlaps another one does some work twice, and harms nothing.
 *
 * @throws at the end of a run in which a day could not be compacted: it counts as an error of the function
 */
export const compactHandler =
  ({ onReport, rules, takenUntil, ...ports }: CompactHandlerPorts) =>
  async (): Promise<void> => {
    const nowMs = ports.clock();
    const takenUntilMs = Math.min(nowMs, takenUntil?.() ?? nowMs);
    const { failure, ...compacted } = await compactArchive(ports, takenUntilMs, nowMs + COMPACT_MS);
    onReport({ ...compacted, ...(await applyRetention(ports, rules)) });
    if (failure) throw failure.error;
  };

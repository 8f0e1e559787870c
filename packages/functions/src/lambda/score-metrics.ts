import { failedKey } from "@tidewatch/core/ingest/failed";
import type { ScoreReport } from "@tidewatch/core/score/run";
import { tallyOf } from "@tidewatch/core/score/tally";
import type { MetricValues } from "../metrics.ts";

export const scoreMetrics = (report: ScoreReport): MetricValues<"score"> => {
  const { received, scored, unmatched, late, quarantined, skipped, failed } = tallyOf(report);
  return {
    ...{ Received: received, Scored: scored, Unmatched: unmatched, Late: late, Quarantined: quarantined },
    ...{ Skipped: skipped, Failed: failed, Anomalies: report.series.anomalies },
    UnusableModels: report.unusableModels.length,
  };
};

/** What explains the counts, without anything that an event said: why it failed is in the object that keeps it. */
export const scoreProperties = (report: ScoreReport) => {
  const { received, ignored, repeated, conflicts, seriesWritten, series, unusableModels } = report;
  const { scored, warmingUp, skipped, imputed, suppressed } = series;
  const [firstFailed] = report.failed;
  return {
    ...{ records: received, ignored, repeated, conflicts, seriesWritten, suppressed },
    rows: { scored, warmingUp, skipped, imputed },
    ...(unusableModels.length > 0 ? { unusableModelsOf: unusableModels.map(shortened) } : {}),
    ...(firstFailed ? { failedKept: failedKey("score", firstFailed.record) } : {}),
  };
};

/** A reason may hold a whole list of what is wrong with a document; the line has to stay readable. */
const MAX_REASON_LENGTH = 300;
export const shortened = ({ detector, reason }: ScoreReport["unusableModels"][number]) => ({
  detector,
  reason: reason.slice(0, MAX_REASON_LENGTH),
});

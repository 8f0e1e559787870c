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

/** What explains the counts, without anything that an event said. */
export const scoreProperties = (report: ScoreReport) => {
  const { received, ignored, repeated, conflicts, seriesWritten, series, unusableModels } = report;
  const { scored, warmingUp, skipped, imputed, suppressed } = series;
  return {
    ...{ records: received, ignored, repeated, conflicts, seriesWritten, suppressed },
    rows: { scored, warmingUp, skipped, imputed },
    ...(unusableModels.length > 0 ? { unusableModelsOf: unusableModels.map(({ detector }) => detector) } : {}),
    ...(report.failed.length > 0 ? { keptUnder: "failed/score/" } : {}),
  };
};

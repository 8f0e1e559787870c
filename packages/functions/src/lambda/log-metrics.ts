import { failedKey } from "@tidewatch/core/ingest/failed";
import type { LogReport } from "@tidewatch/core/log/stage/run";
import type { MetricValues } from "../metrics.ts";
import { shortened } from "./score-metrics.ts";

/**
 * Per delivery, as the scorer's: a line that belongs to k detectors makes k, one that is invalid, or belongs to none, makes
 * one. Of a record that comes again, nothing is counted again but a failure.
 */
export const logMetrics = (report: LogReport): MetricValues<"log"> => {
  const { invalid, unmatched, deliveries, failed } = report;
  return {
    Received: deliveries + unmatched + invalid,
    ...{ Delivered: deliveries, Unmatched: unmatched, Quarantined: invalid },
    ...{ Failed: failed.length, NewTemplates: report.newTemplates, SessionsEnded: report.sessionsEnded },
    ...{ AnomalousSessions: report.anomalousSessions, UnusableModels: report.unusableModels.length },
  };
};

/** What explains the counts, without a line or a key: why one failed is in the object that keeps it. */
export const logProperties = (report: LogReport) => {
  const { received, repeated, ignored, lines, conflicts, sessionsWritten, unusableModels, failed } = report;
  const [firstFailed] = failed;
  return {
    ...{ records: received, repeated, ignored, lines, conflicts, sessionsWritten },
    ...(unusableModels.length > 0 ? { unusableModelsOf: unusableModels.map(shortened) } : {}),
    ...(firstFailed ? { failedKept: failedKey("log", firstFailed.record) } : {}),
  };
};

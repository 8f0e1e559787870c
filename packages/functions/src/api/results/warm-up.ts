import type { Detector } from "@tidewatch/core/detector";
import { featureHash } from "@tidewatch/core/feature/hash";
import { planOf } from "@tidewatch/core/feature/plan";
import { rowsUntilFull } from "@tidewatch/core/feature/window";
import type { Manifest } from "@tidewatch/core/model/manifest";
import type { Head } from "@tidewatch/core/store/head";
import type { DetectorSummary } from "./summary.ts";

export type WarmUp = { cause: string; rowsNeeded: number };

/** Why a detector scores nothing yet, and how many rows it still waits for; `null` when it scores. */
export const detectorWarmUp = (
  detector: Detector,
  manifest: Manifest | undefined,
  { trainingRows }: DetectorSummary,
): WarmUp | null => {
  const hash = featureHash(detector);
  if (manifest?.featureHash === hash) return null;
  const wanted = detector.model.minTrainingRows;
  const seen = trainingRows.get(hash) ?? 0;
  const rowsNeeded = Math.max(0, wanted - seen);
  const what = manifest ? "the features have changed and need a new model" : "no model yet";
  const progress = rowsNeeded > 0 ? `${seen} of ${wanted} training rows` : "enough rows, training is due";
  return { cause: `${what}: ${progress}`, rowsNeeded };
};

/**
 * The same for one series, whose window must be full, of rows without a gap, before its first score. A window of features
 * that the detector had before starts anew with the next event.
 */
export const seriesWarmUp = (detector: Detector, ofDetector: WarmUp | null, head: Head): WarmUp | null => {
  if (ofDetector) return ofDetector;
  const isOfDetector = head.featureHash === featureHash(detector);
  const rowsNeeded = isOfDetector ? rowsUntilFull(planOf(detector), head.state) : detector.shingleSize;
  return rowsNeeded > 0 ? { cause: `the window of ${detector.shingleSize} rows is filling`, rowsNeeded } : null;
};

import { type Detector, trainingConfig } from "@tidewatch/core/detector";
import { featureHash, rowsHash } from "@tidewatch/core/feature/hash";
import { planOf } from "@tidewatch/core/feature/plan";
import { rowsUntilFull } from "@tidewatch/core/feature/window";
import { familyOf, learnsFromLabels } from "@tidewatch/core/model/families";
import type { OnlineFamily } from "@tidewatch/core/model/family";
import type { Manifest } from "@tidewatch/core/model/manifest";
import type { Head } from "@tidewatch/core/store/head";
import { missingLabels } from "@tidewatch/core/train/labelled";
import type { Results } from "./results.ts";
import type { DetectorSummary } from "./summary.ts";

export type WarmUp = { cause: string; rowsNeeded: number };

/**
 * Why a detector scores nothing yet, and how many rows it still waits for; `null` when it scores.
 * @param labelledRowsOf asked only for a detector that has yet to learn from labels
 */
export const detectorWarmUp = async (
  detector: Detector,
  manifest: Manifest | undefined,
  { trainingRows }: DetectorSummary,
  labelledRowsOf: Results["labelledRowsOf"],
): Promise<WarmUp | null> => {
  const hash = featureHash(detector);
  if (manifest?.featureHash === hash) return null;
  const config = trainingConfig(detector);
  if (!config) return familyOf(detector.model).kind === "online" ? null : NOT_IMPORTED;
  const wanted = config.minTrainingRows;
  const what = manifest ? "the features have changed and need a new model" : "no model yet";
  if (learnsFromLabels(detector.model)) {
    const missing = missingLabels(await labelledRowsOf(detector.id), wanted);
    if (missing) return { cause: `${what}: ${missing.text} (tidewatch label add)`, rowsNeeded: missing.rowsNeeded };
    return { cause: `${what}: enough labelled rows, training is due`, rowsNeeded: 0 };
  }
  const seen = trainingRows.get(rowsHash(detector)) ?? 0;
  const rowsNeeded = Math.max(0, wanted - seen);
  const progress = rowsNeeded > 0 ? `${seen} of ${wanted} training rows` : "enough rows, training is due";
  return { cause: `${what}: ${progress}`, rowsNeeded };
};

const NOT_IMPORTED: WarmUp = { cause: "no model yet: import one and promote it", rowsNeeded: 0 };

/**
 * The same for one series, whose window must be full, of rows without a gap, before its first score. A window of features
 * that the detector had before starts anew with the next event.
 */
export const seriesWarmUp = (detector: Detector, ofDetector: WarmUp | null, head: Head): WarmUp | null => {
  if (ofDetector) return ofDetector;
  const isOfDetector = head.featureHash === featureHash(detector);
  const plan = planOf(detector);
  if (plan.online) return onlineWarmUp(plan.online, isOfDetector ? head.levels.rows : 0);
  const { shingleSize } = plan;
  const rowsNeeded = isOfDetector ? rowsUntilFull(plan, head.state) : shingleSize;
  return rowsNeeded > 0 ? { cause: `the window of ${shingleSize} rows is filling`, rowsNeeded } : null;
};

/** While a series warms up, every row that its levels have learnt is one that the family has. */
const onlineWarmUp = ({ outputAfter }: OnlineFamily, learntRows: number): WarmUp | null => {
  const rowsNeeded = Math.max(0, outputAfter - learntRows);
  return rowsNeeded > 0 ? { cause: "the series is learning its first rows", rowsNeeded } : null;
};

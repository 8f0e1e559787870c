import { type Detector, featureNames, shingleSizeOf, trainingConfig } from "../detector.ts";
import { countLabelled, type LabelCounts } from "../model/dataset.ts";
import type { RegistryPorts } from "../register/models.ts";
import { readTrainingSeries } from "./training-series.ts";

/** Least of each kind: calibration takes two normal rows. */
const LEAST_ANOMALOUS = 1;
const LEAST_NORMAL = 2;

/** What a family that learns from labels still lacks, for people, and the rows at least that it lacks. */
export type MissingLabels = { text: string; rowsNeeded: number };

/** `undefined` when there are labelled rows enough, and of both kinds. */
export const missingLabels = (
  { anomalous, normal }: LabelCounts,
  minTrainingRows: number,
): MissingLabels | undefined => {
  const lacking = Math.max(0, LEAST_ANOMALOUS - anomalous) + Math.max(0, LEAST_NORMAL - normal);
  const rowsNeeded = Math.max(lacking, minTrainingRows - anomalous - normal);
  if (rowsNeeded <= 0) return undefined;
  const counts = `${anomalous} anomalous and ${normal} normal rows have labels`;
  if (lacking === 0) return { text: `${counts}, of ${minTrainingRows} that it waits for: label more`, rowsNeeded };
  const kinds = [anomalous < LEAST_ANOMALOUS && "anomalous", normal < LEAST_NORMAL && "normal"].filter(Boolean);
  return { text: `${counts}: label some ${kinds.join(" and some ")} ones`, rowsNeeded };
};

/** Rows with labels, as the training of a detector that learns from them would find them. */
export const countLabelledRows = async (ports: RegistryPorts, detector: Detector): Promise<LabelCounts> => {
  const maxRows = trainingConfig(detector)?.maxTrainingRows ?? 0;
  const series = await readTrainingSeries(ports, detector, maxRows);
  return countLabelled({ features: featureNames(detector), shingleSize: shingleSizeOf(detector), maxRows, series });
};

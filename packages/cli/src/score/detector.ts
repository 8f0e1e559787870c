import { type AnyDetector, isLogDetector } from "@tidewatch/core/any-detector";
import type { Detector } from "@tidewatch/core/detector";
import { AppError } from "@tidewatch/core/errors";
import { familyOf } from "@tidewatch/core/model/families";
import { parseDetector, readDetectors } from "../input/detector-file.ts";

/** The most that a detector may tolerate: rows of a file count in the order in which they stand there. */
const LATENESS_SECONDS = 86_400;

/** Column names may hold anything, feature names may not. */
const featureName = (metric: string, at: number): string => {
  const clean = metric.replace(/[^A-Za-z0-9_.:/-]+/g, "_").slice(0, 100);
  return /^[A-Za-z_]/.test(clean) ? clean : `m${at + 1}_${clean}`;
};

/** A detector that watches every column, with all defaults unless another model is given. */
export const defaultDetector = (metrics: readonly string[], model?: object): Detector => {
  const names = metrics.map(featureName);
  const features = metrics.map((metric, at) => ({
    metric,
    name: names.indexOf(names[at]!) === at ? names[at] : `${names[at]}_${at + 1}`,
  }));
  return parseDetector("The header", { id: "series", features, latenessSeconds: LATENESS_SECONDS, model });
};

export const readDetector = async (path: string): Promise<Detector> => {
  const [detector, ...others] = await readDetectors(path);
  if (detector && others.length === 0) return checkFamily(path, ofMetrics(path, detector));
  throw new AppError("VALIDATION", `${path} must hold one detector; it has ${others.length + (detector ? 1 : 0)}.`);
};

const ofMetrics = (path: string, detector: AnyDetector): Detector => {
  if (!isLogDetector(detector)) return detector;
  const reason = `The detector of ${path} watches logs; this takes one of metrics. For lines there is \`tidewatch logs\`.`;
  throw new AppError("VALIDATION", reason);
};

const checkFamily = (path: string, detector: Detector): Detector => {
  if (familyOf(detector.model).kind !== "imported") return detector;
  throw new AppError(
    "VALIDATION",
    `The detector of ${path} scores by an imported model (${detector.model.family}), which is in a pipeline's registry and not in a file; choose another model family for this.`,
  );
};

/** @throws AppError when the detector watches a metric that the file has no column for. */
export const checkColumns = (detector: Detector, file: string, metrics: readonly string[]): void => {
  const absent = detector.features.find(({ metric }) => !metrics.includes(metric));
  if (!absent) return;
  throw new AppError(
    "VALIDATION",
    `${file} has no column "${absent.metric}", which the detector "${detector.id}" watches; it has ${metrics.join(", ")}.`,
  );
};

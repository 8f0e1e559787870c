import { AppError } from "../errors.ts";
import { fitCalibration } from "../model/calibration.ts";
import type { Calibration } from "../model/manifest.ts";
import type { ImportManifest } from "../model/onnx/import-manifest.ts";
import type { Reading } from "../model/onnx/signature.ts";
import { fitScaling, type Scaling } from "../model/scaling.ts";

/**
 * Calibration by the scores of reference rows. The unit of a foreign score is unknown, and may be tiny: it is fitted to
 * (score − center) / scale, and given back in the score's own unit.
 */
export const referenceCalibration = (scores: Float32Array, reading: Reading): Calibration => {
  const { center, scale } = reading.kind === "probabilities" ? PROBABILITIES : fitScaling(Float64Array.from(scores));
  const fitted = fitCalibration(Float64Array.from(scores, (score) => (score - center) / scale));
  return {
    scores: fitted.scores.map((score) => score * scale + center),
    tailProbabilities: fitted.tailProbabilities,
    tailScale: fitted.tailScale * scale,
    tailShape: fitted.tailShape,
  };
};

/**
 * Good classifiers give all normal rows 0, and 0.02 would then be infinitely strange. The least tail that is fitted, 0.01 of
 * a unit, is 0.05 by this: a probability has to reach 0.4 before a detector of the default sensitivity alarms.
 */
const PROBABILITIES: Scaling = { center: 0, scale: 5 };

/**
 * Calibration by quantiles that somebody knows, in the unit of the model's output. Beyond the rarest the tail goes on as
 * steeply as between the two rarest.
 *
 * @throws AppError VALIDATION when the shares do not fall as the outputs get stranger
 */
export const givenCalibration = (
  { outputs, shares }: NonNullable<ImportManifest["calibration"]>,
  reading: Reading,
): Calibration => {
  if (outputs.length !== shares.length) {
    throw refused(`"calibration" has ${outputs.length} outputs and ${shares.length} shares.`);
  }
  const points = outputs.map((output, at) => ({ score: scoreOf(reading, output), share: shares[at]! }));
  points.sort((a, b) => a.score - b.score);
  const rises = points.findIndex(
    ({ score, share }, at) => at > 0 && !(score > points[at - 1]!.score && share < points[at - 1]!.share),
  );
  if (rises > 0) throw refused('"calibration": of two outputs the stranger one must have the smaller share.');
  const [last, before] = [points.at(-1)!, points.at(-2)!];
  return {
    scores: points.map(({ score }) => score),
    tailProbabilities: points.map(({ share }) => share),
    tailScale: (last.score - before.score) / Math.log(before.share / last.share),
    tailShape: 0,
  };
};

/** What the rewritten model gives where the original gave `output`; see `rewriteModel`. */
const scoreOf = (reading: Reading, output: number): number => {
  if (reading.kind !== "reconstruction") return reading.sign * output;
  if (output > 0) return Math.log(output);
  throw refused('"calibration": a mean squared error is above 0.');
};

const refused = (reason: string): AppError => new AppError("VALIDATION", reason);

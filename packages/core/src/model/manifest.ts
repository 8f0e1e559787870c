import { z } from "zod";

/**
 * Scores of the reference rows, reduced: upper-tail quantiles, then a generalised Pareto tail beyond the last.
 * `scores[i]` is the score that a share `tailProbabilities[i]` of reference rows reaches or passes.
 */
export const Calibration = z.strictObject({
  scores: z.array(z.number()).min(2),
  tailProbabilities: z.array(z.number().positive().max(1)).min(2),
  /** Just beyond the last quantile the tail probability falls by e for each this much score. */
  tailScale: z.number().positive(),
  /** How much slower it falls further out: (1 + shape · x)^(−1 / shape) at x scales; 0 is exponential. */
  tailShape: z.number().min(0).lt(1).default(0),
});
export type Calibration = z.output<typeof Calibration>;

/** Says everything that scoring needs besides the ONNX bytes, and everything that explains a score later. Immutable. */
export const Manifest = z.strictObject({
  format: z.literal(1),
  /** Registered model name: the detector's id. */
  name: z.string(),
  version: z.int().positive(),
  family: z.string(),
  params: z.record(z.string(), z.unknown()),
  /** Order of the features in a row; a vector is `shingleSize` rows, oldest first. */
  features: z.array(z.string()).min(1),
  shingleSize: z.int().positive(),
  /** Robust scaling per feature, in doubles, before the cut to float32: (x − center) / scale. */
  scaling: z.array(z.strictObject({ center: z.number(), scale: z.number().positive() })),
  /**
   * Where each feature's newest value was in the reference rows, scaled; see `model/range.ts`. With ranges the calibration
   * is of `isolationOf`, without them of the raw score itself.
   */
  ranges: z.array(z.strictObject({ low: z.number(), high: z.number(), width: z.number().positive() })).optional(),
  calibration: Calibration,
  /** Hash of the parts of the detector that decide what a row is; a series of another hash starts afresh. */
  featureHash: z.string(),
  trainedAtMs: z.int(),
  trainingRows: z.int(),
  trainingFromMs: z.int(),
  trainingToMs: z.int(),
  seed: z.int(),
  /** The frozen training set, and the run of the tracking store that it came from; of a retraining. */
  datasetHash: z.string().optional(),
  runId: z.string().optional(),
  onnxSha256: z.string(),
  onnxBytes: z.int(),
});
export type Manifest = z.output<typeof Manifest>;

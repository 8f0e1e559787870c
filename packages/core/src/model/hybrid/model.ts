import type { Forest } from "../isolation-forest/forest.ts";
import type { FeatureRange } from "../range.ts";
import type { Scaling } from "../scaling.ts";

export type HybridParams = {
  /** Earlier rows that each metric is forecast from. */
  lags: number;
  /** Newest rows whose residuals are looked at together. */
  recent: number;
  trees: number;
  sampleSize: number;
};

/** Numbers of each metric that the forest sees; see `residualFeatures`. */
export const RESIDUAL_FEATURES = 4;

/** Ridge penalty per row of the forecasts, on scaled metrics. */
export const RIDGE = 0.001;
/** Scaled values beyond this are cut before they forecast others: one wild row must not be in the next ones' forecasts. */
export const CLIP = 10;
/** And beyond this in their own residual: further is no stranger, and numbers stay numbers. */
export const BOUND = 1e6;
/** Keeps the logarithm of a spread of 0 finite; a hundredth of the usual variance. */
export const VARIANCE_FLOOR = 0.01;
/**
 * Residual features are whole multiples of this, in units of their scaling. A forest asks on which side of a number a value is:
 * the last digits of a sum, which depend on its order, must not answer.
 */
export const GRID = 2 ** -16;
/** Scaled features are cut to this before they become float32. */
export const FEATURE_BOUND = 1e9;
/** Weights of the strangest metrics, strangest first, as for `var`: one alone is noise, all dilute what happens. */
export const RANKS: readonly number[] = [1, 1, 1, 0.3];
/** Isolation of a metric whose newest value is missing: less than that of any row that is there. */
export const MISSING_ISOLATION = -1;
/** Keeps the logarithm of a path finite; as in `range.ts`. */
export const SHORTEST_PATH = 1e-6;

/** Takes vectors of `lags` + `recent` scaled rows, oldest first, each `metrics` wide. */
export type HybridModel = {
  metrics: number;
  lags: number;
  recent: number;
  /** Per metric `lags` weights, oldest row first, of clipped scaled values. */
  weights: Float64Array;
  constants: Float64Array;
  /** Standard deviation of each metric's residuals, scaled units. */
  sd: Float64Array;
  /** Per metric and residual feature, row-major: their place and spread in the reference. */
  featureScaling: Scaling[];
  /** One for the residual features of all metrics: each row of it is a metric of a row. */
  forest: Forest;
  /** Per metric and residual feature, scaled. */
  ranges: FeatureRange[];
};

export const windowOf = ({ lags, recent }: Pick<HybridParams, "lags" | "recent">): number => lags + recent;

import { scoreForest } from "../isolation-forest/score.ts";
import { excess, isolationOf } from "../range.ts";
import { rankShares } from "../ranks.ts";
import type { Scaling } from "../scaling.ts";
import { residualFeatures } from "./features.ts";
import {
  FEATURE_BOUND,
  GRID,
  type HybridModel,
  MISSING_ISOLATION,
  RANKS,
  RESIDUAL_FEATURES,
  windowOf,
} from "./model.ts";

/** Residual features (any number of rows × metrics × 4) by the reference's place and spread, on the grid, as float32. */
export const scaleFeatures = (features: Float64Array, featureScaling: readonly Scaling[]): Float32Array =>
  Float32Array.from(features, (value, at) => {
    const { center, scale } = featureScaling[at % featureScaling.length]!;
    const scaled = Math.max(-FEATURE_BOUND, Math.min(FEATURE_BOUND, (value - center) / scale));
    return Math.floor(scaled / GRID + 0.5) * GRID;
  });

/**
 * How isolated the residual features of each metric of each row are, row-major rowCount × metrics: `isolationOf` of the forest's
 * path and of the largest distance of the four beyond their ranges. Vectors begin every `stride` values.
 */
export const hybridIsolations = (
  model: HybridModel,
  vectors: Float32Array,
  rowCount: number,
  stride = model.metrics * windowOf(model),
): Float64Array => {
  const { metrics, forest, ranges } = model;
  const scaled = scaleFeatures(residualFeatures(model, vectors, rowCount, stride), model.featureScaling);
  const newest = metrics * (windowOf(model) - 1);
  return scoreForest(forest, scaled, rowCount * metrics).map((raw, at) => {
    if (Number.isNaN(vectors[Math.floor(at / metrics) * stride + newest + (at % metrics)])) return MISSING_ISOLATION;
    let beyond = 0;
    for (let feature = 0; feature < RESIDUAL_FEATURES; feature++) {
      const range = ranges[(at % metrics) * RESIDUAL_FEATURES + feature]!;
      beyond = Math.max(beyond, excess(range, scaled[at * RESIDUAL_FEATURES + feature]!));
    }
    return isolationOf(raw, beyond);
  });
};

/** Raw score of each row: the mean isolation of its strangest metrics, by `rankShares`. */
export const hybridScores = (isolations: Float64Array, metrics: number): Float64Array => {
  const shares = rankShares(RANKS, metrics);
  return Float64Array.from({ length: isolations.length / metrics }, (_, row) => {
    const ascending = isolations.slice(row * metrics, (row + 1) * metrics).sort();
    return shares.reduce((sum, share, rank) => sum + share * ascending[metrics - 1 - rank]!, 0);
  });
};

/** What each metric adds: how many times shorter than usual its path is, less one; 0 for a metric like most. */
export const hybridContributions = (isolations: Float64Array): Float64Array =>
  isolations.map((isolation) => Math.max(0, Math.exp(isolation) - 1));

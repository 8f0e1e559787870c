import { rankShares } from "../ranks.ts";
import type { RowForecast, VarModel } from "./model.ts";

/**
 * What each metric adds to the strangeness of each row, row-major rowCount × metrics: unusual change and unusual level,
 * min(|near residual| / unit, cap) + levelWeight · min(|z| / unit, cap) + reachWeight · min(|reach residual| / sd, cap).
 * A missing newest value adds nothing, a missing earlier one is taken as the metric's mean.
 */
export const varContributions = (model: VarModel, vectors: Float32Array, rowCount: number): Float64Array => {
  const { metrics, lags, clip, cap } = model;
  const contributions = new Float64Array(rowCount * metrics);
  const [near, reach] = [new Float64Array(metrics), new Float64Array(metrics)];
  for (let row = 0; row < rowCount; row++) {
    const base = row * metrics * (lags + 1);
    const newest = base + metrics * lags;
    predict(model, model.near, vectors, base, near);
    predict(model, model.reach, vectors, base, reach);
    for (let metric = 0; metric < metrics; metric++) {
      const value = vectors[newest + metric]!;
      if (Number.isNaN(value)) continue;
      const z = clipped(value, clip);
      const change = Math.min(Math.abs(z - near[metric]!) / model.residualUnit[metric]!, cap);
      const drift = Math.min(Math.abs(z - reach[metric]!) / model.reach.sd[metric]!, cap);
      const level = Math.min(Math.abs(value) / model.levelUnit[metric]!, model.levelCap[metric]!);
      contributions[row * metrics + metric] = change + model.levelWeight * level + model.reachWeight * drift;
    }
  }
  return contributions;
};

/** Raw score of each row: ln(1 + contribution), averaged over the strongest metrics by `ranks`. 0 is the least strange. */
export const scoreVar = (model: VarModel, vectors: Float32Array, rowCount: number): Float64Array => {
  const contributions = varContributions(model, vectors, rowCount);
  const ranks = rankShares(model.ranks, model.metrics);
  return Float64Array.from({ length: rowCount }, (_, row) => {
    const ascending = contributions.slice(row * model.metrics, (row + 1) * model.metrics).sort();
    return ranks.reduce((sum, share, rank) => sum + share * Math.log(1 + ascending[model.metrics - 1 - rank]!), 0);
  });
};

/**
 * Each metric's share of one alarm, over the contributions of its rows (row-major): by its largest, since a fault wanders
 * through the metrics. Shares sum to 1; without any contribution they are equal.
 */
export const varShares = (contributions: Float64Array, metrics: number): Float64Array => {
  const largest = new Float64Array(metrics);
  for (let at = 0; at < contributions.length; at++) {
    largest[at % metrics] = Math.max(largest[at % metrics]!, contributions[at]!);
  }
  const sum = largest.reduce((total, value) => total + value, 0);
  return largest.map((value) => (sum > 0 ? value / sum : 1 / metrics));
};

/** What the newest row of one vector was expected to be, and the standard deviation of that, both scaled. */
export const expectedByVar = (model: VarModel, vector: Float32Array): { mean: Float64Array; sd: Float64Array } => {
  const mean = new Float64Array(model.metrics);
  predict(model, model.near, vector, 0, mean);
  return { mean, sd: model.near.sd };
};

/** |residual| / sd of each metric's newest value in the vector that begins at `base`. */
export const nearDeviations = (model: VarModel, vectors: ArrayLike<number>, base: number, out: Float64Array): void => {
  const newest = base + model.metrics * model.lags;
  predict(model, model.near, vectors, base, out);
  for (let metric = 0; metric < out.length; metric++) {
    out[metric] = Math.abs(clipped(vectors[newest + metric]!, model.clip) - out[metric]!) / model.near.sd[metric]!;
  }
};

const predict = (
  { metrics, clip, centre }: VarModel,
  { weights, intercept }: RowForecast,
  vectors: ArrayLike<number>,
  base: number,
  out: Float64Array,
): void => {
  out.set(intercept);
  for (let input = 0; input * metrics < weights.length; input++) {
    const value = vectors[base + input]!;
    const known = Number.isNaN(value) ? centre[input % metrics]! : clipped(value, clip);
    if (known === 0) continue;
    const row = input * metrics;
    for (let metric = 0; metric < metrics; metric++) out[metric] = out[metric]! + known * weights[row + metric]!;
  }
};

const clipped = (value: number, clip: number): number => (value > clip ? clip : value < -clip ? -clip : value);

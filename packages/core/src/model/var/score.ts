import type { VarModel } from "./model.ts";

/**
 * What each metric adds to the strangeness of each row, row-major rowCount × metrics:
 * min(|residual| / sd, cap) + levelWeight · min(|z|, cap), the unusual change and the unusual level. A missing newest value
 * adds nothing, a missing earlier one is taken as the metric's mean.
 */
export const varContributions = (model: VarModel, vectors: Float32Array, rowCount: number): Float64Array => {
  const { metrics, lags, clip, cap } = model;
  const inputs = metrics * lags;
  const contributions = new Float64Array(rowCount * metrics);
  const predicted = new Float64Array(metrics);
  for (let row = 0; row < rowCount; row++) {
    const base = row * (inputs + metrics);
    predict(model, vectors, base, predicted);
    for (let metric = 0; metric < metrics; metric++) {
      const value = vectors[base + inputs + metric]!;
      if (Number.isNaN(value)) continue;
      const residual = Math.abs(clipped(value, clip) - predicted[metric]!) / model.residualSd[metric]!;
      const level = Math.min(Math.abs(value), model.levelCap[metric]!);
      contributions[row * metrics + metric] = Math.min(residual, cap) + model.levelWeight * level;
    }
  }
  return contributions;
};

/** Raw score of each row: the mean of ln(1 + contribution) over its strongest metrics. Higher is stranger; 0 is the least. */
export const scoreVar = (model: VarModel, vectors: Float32Array, rowCount: number): Float64Array => {
  const contributions = varContributions(model, vectors, rowCount);
  return Float64Array.from({ length: rowCount }, (_, row) =>
    scoreOfContributions(contributions.subarray(row * model.metrics, (row + 1) * model.metrics), model.top),
  );
};

const scoreOfContributions = (contributions: Float64Array, top: number): number => {
  const strongest = contributions.slice().sort().subarray(-top);
  return strongest.reduce((sum, contribution) => sum + Math.log(1 + contribution), 0) / strongest.length;
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
  predict(model, vector, 0, mean);
  return { mean, sd: model.residualSd };
};

const predict = (model: VarModel, vectors: Float32Array, base: number, out: Float64Array): void => {
  const { metrics, lags, weights, clip, centre } = model;
  out.set(model.intercept);
  for (let input = 0; input < metrics * lags; input++) {
    const value = vectors[base + input]!;
    const known = Number.isNaN(value) ? centre[input % metrics]! : clipped(value, clip);
    if (known === 0) continue;
    for (let metric = 0; metric < metrics; metric++) {
      out[metric] = out[metric]! + known * weights[input * metrics + metric]!;
    }
  }
};

const clipped = (value: number, clip: number): number => (value > clip ? clip : value < -clip ? -clip : value);

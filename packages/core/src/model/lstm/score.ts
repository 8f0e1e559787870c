import { forecastByOwnLags } from "./linear.ts";
import { type KernelMaker, kernelMaker } from "./kernels.ts";
import type { LstmModel } from "./model.ts";
import { padded } from "./shape.ts";
import { packWeights } from "./weights.ts";

/** Vectors that are taken at once. */
const CHUNK = 64;

/** Forecasts of the newest rows, scaled, row-major rowCount × features. A missing earlier value counts as 0, the centre. */
export const lstmForecasts = (
  model: LstmModel,
  vectors: Float32Array,
  rowCount: number,
  maker: KernelMaker = kernelMaker(),
): Float64Array => {
  const { features, window, hidden, clip } = model;
  const width = features * (window + 1);
  const shape = { inputs: features, hidden, outputs: features, batch: CHUNK, steps: window, lossFrom: window - 1 };
  const rows = CHUNK * window;
  // The kernels' arrays are theirs: a series that is written anew for each chunk.
  const kernels = maker(shape, { rows, inputs: new Float32Array(rows * features), targets: new Float32Array(0) });
  packWeights(model.weights, shape, kernels.weights);
  const { outputs8, batch } = padded(shape);
  for (let b = 0; b < batch; b++) kernels.starts[b] = b * window;
  const forecasts = new Float64Array(rowCount * features);
  const context = new Float32Array(features * window);
  for (let first = 0; first < rowCount; first += CHUNK) {
    const count = Math.min(CHUNK, rowCount - first);
    for (let b = 0; b < count; b++) {
      const base = (first + b) * width;
      for (let at = 0; at < context.length; at++) context[at] = clipped(vectors[base + at]!, clip);
      kernels.series.set(context, b * context.length);
      forecastByOwnLags(model.linear, context, context.length, forecasts.subarray((first + b) * features, (first + b + 1) * features));
    }
    kernels.forward();
    for (let b = 0; b < count; b++) {
      const from = ((window - 1) * batch + b) * outputs8;
      for (let feature = 0; feature < features; feature++) {
        const at = (first + b) * features + feature;
        forecasts[at] = forecasts[at]! + model.unit[feature]! * kernels.predicted[from + feature]!;
      }
    }
  }
  return forecasts;
};

/**
 * What each feature adds to the strangeness of each row, row-major rowCount × features: min(|residual| / sd, cap) + levelWeight ·
 * min(|z|, cap). A missing newest value adds nothing.
 */
export const lstmContributions = (
  model: LstmModel,
  vectors: Float32Array,
  rowCount: number,
  maker?: KernelMaker,
): Float64Array => {
  const { features, window } = model;
  const forecasts = lstmForecasts(model, vectors, rowCount, maker);
  return forecasts.map((expected, at) => {
    const [row, feature] = [Math.floor(at / features), at % features];
    const value = vectors[(row * (window + 1) + window) * features + feature]!;
    if (Number.isNaN(value)) return 0;
    const change = Math.min(Math.abs(clipped(value, model.clip) - expected) / model.sd[feature]!, model.cap);
    return change + model.levelWeight * Math.min(Math.abs(value), model.levelCap[feature]!);
  });
};

/** Raw score of each row: ln(1 + contribution), averaged over the strongest features by `ranks`. 0 is the least strange. */
export const scoreLstm = (
  model: LstmModel,
  vectors: Float32Array,
  rowCount: number,
  maker?: KernelMaker,
): Float64Array => {
  const contributions = lstmContributions(model, vectors, rowCount, maker);
  const shares = rankShares(model);
  return Float64Array.from({ length: rowCount }, (_, row) => {
    const ascending = contributions.slice(row * model.features, (row + 1) * model.features).sort();
    return shares.reduce((sum, share, rank) => sum + share * Math.log(1 + ascending[model.features - 1 - rank]!), 0);
  });
};

/** The weights of the strongest features, as many as there are, with a sum of 1. */
export const rankShares = ({ ranks, features }: LstmModel): number[] => {
  const used = ranks.slice(0, features);
  const sum = used.reduce((total, weight) => total + weight, 0);
  return used.map((weight) => weight / sum);
};

/** Within ±clip; missing is 0. */
export const clipped = (value: number, clip: number): number =>
  value > clip ? clip : value < -clip ? -clip : Number.isNaN(value) ? 0 : value;

import { rankShares } from "../ranks.ts";
import { type KernelMaker, kernelMaker } from "./kernels.ts";
import { forecastByOwnLags } from "./linear.ts";
import type { LstmModel } from "./model.ts";
import { clipTo } from "./reference.ts";
import { padded } from "./shape.ts";
import { packWeights } from "./weights.ts";

/** Vectors that the kernels take at once. */
const BATCH = 64;

/**
 * What the newest rows were expected to be, scaled, row-major rowCount × features. A missing earlier value counts as 0, the
 * centre.
 */
export const lstmForecasts = (
  model: LstmModel,
  vectors: Float32Array,
  rowCount: number,
  maker: KernelMaker = kernelMaker(),
): Float64Array => {
  const { features, window, hidden, clip, linear } = model;
  const shape = { inputs: features, hidden, outputs: features, batch: BATCH, steps: window, lossFrom: window - 1 };
  const { outputs8 } = padded(shape);
  const width = features * window;
  // Windows side by side in the kernels' own memory; without targets, since nothing is learnt.
  const inputs = new Float32Array(BATCH * width);
  const kernels = maker(shape, { rows: BATCH * window, inputs, targets: new Float32Array(0) });
  packWeights(model.weights, shape, kernels.weights);
  for (let place = 0; place < BATCH; place++) kernels.starts[place] = place * window;
  const forecasts = new Float64Array(rowCount * features);
  for (let first = 0; first < rowCount; first += BATCH) {
    const count = Math.min(BATCH, rowCount - first);
    for (let place = 0; place < count; place++) {
      const base = (first + place) * (width + features);
      for (let at = 0; at < width; at++) kernels.series[place * width + at] = clipTo(vectors[base + at]!, clip) || 0;
      const row = forecasts.subarray((first + place) * features, (first + place + 1) * features);
      forecastByOwnLags(linear, kernels.series, (place + 1) * width, row);
    }
    kernels.forward();
    for (let place = 0; place < count; place++) {
      const from = ((window - 1) * BATCH + place) * outputs8;
      for (let feature = 0; feature < features; feature++) {
        const at = (first + place) * features + feature;
        forecasts[at] = forecasts[at]! + linear.sd[feature]! * kernels.predicted[from + feature]!;
      }
    }
  }
  return forecasts;
};

/**
 * What each feature adds to the strangeness of each row, row-major rowCount × features: unusual change and unusual level,
 * min(|residual| / sd, cap) + levelWeight · min(|z|, cap). A missing newest value adds nothing.
 */
export const lstmContributions = (
  model: LstmModel,
  vectors: Float32Array,
  rowCount: number,
  maker?: KernelMaker,
): Float64Array => {
  const { features, window, clip, cap } = model;
  return lstmForecasts(model, vectors, rowCount, maker).map((expected, at) => {
    const [row, feature] = [Math.floor(at / features), at % features];
    const value = vectors[(row * (window + 1) + window) * features + feature]!;
    if (Number.isNaN(value)) return 0;
    const change = Math.min(Math.abs(clipTo(value, clip) - expected) / model.sd[feature]!, cap);
    const level = Math.min(Math.abs(value), model.levelCap[feature]!);
    return change + model.levelWeight * level;
  });
};

/** Raw score of each row: ln(1 + contribution), averaged over the strongest features by `ranks`. 0 is the least strange. */
export const scoreLstm = (
  model: LstmModel,
  vectors: Float32Array,
  rowCount: number,
  maker?: KernelMaker,
): Float64Array => {
  const { features } = model;
  const contributions = lstmContributions(model, vectors, rowCount, maker);
  const shares = rankShares(model.ranks, model.features);
  return Float64Array.from({ length: rowCount }, (_, row) => {
    const ascending = contributions.slice(row * features, (row + 1) * features).sort();
    return shares.reduce((sum, share, rank) => sum + share * Math.log(1 + ascending[features - 1 - rank]!), 0);
  });
};

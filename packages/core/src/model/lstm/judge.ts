import { RESIDUAL_SD_MIN } from "../linear/residual.ts";
import type { KernelMaker } from "./kernels.ts";
import { forecastByOwnLags } from "./linear.ts";
import type { LstmModel } from "./model.ts";
import { judgedRows, type Reference, vectorsEndingAt } from "./reference.ts";
import { lstmForecasts, scoreLstm } from "./score.ts";
import type { LstmWeights } from "./weights.ts";

/** Vectors held at once: 64 features and a window of 63 are 16 MB. */
const VECTORS_PER_CHUNK = 1024;
/** What part of the LSTM's correction a feature may keep. */
const SHARES = [0, 0.25, 0.5, 0.75, 1];

/**
 * What the latest rows, which the weights were not fitted to, say of a model: how much of the LSTM's correction each feature
 * keeps, which is what forecasts them best, and how large residuals then are.
 */
export const judged = (model: LstmModel, reference: Reference, maker: KernelMaker): LstmModel => {
  const { features, linear } = model;
  const { residuals, corrections } = latest(model, reference, maker);
  const shares = linear.sd.map((_, feature) => bestShare(residuals, corrections, feature, features, model.pull));
  const squares = new Float64Array(features);
  const known = new Float64Array(features);
  for (const [at, residual] of residuals.entries()) {
    if (Number.isNaN(residual)) continue;
    const feature = at % features;
    known[feature] = known[feature]! + 1;
    squares[feature] = squares[feature]! + (residual - shares[feature]! * corrections[at]!) ** 2;
  }
  return {
    ...model,
    weights: kept(model.weights, shares),
    // Where the latest rows lack a feature: the spread of its linear part.
    sd: linear.sd.map((sd, feature) =>
      known[feature] === 0 ? sd : Math.max(RESIDUAL_SD_MIN, sd * Math.sqrt(squares[feature]! / known[feature]!)),
    ),
  };
};

/** Raw scores of the latest rows. */
export const judgedScores = (model: LstmModel, reference: Reference, maker: KernelMaker): Float64Array => {
  const rows = judgedRows(reference, model.window);
  const scores = new Float64Array(rows.length);
  for (let first = 0; first < rows.length; first += VECTORS_PER_CHUNK) {
    const chunk = rows.slice(first, first + VECTORS_PER_CHUNK);
    scores.set(scoreLstm(model, vectorsEndingAt(chunk, reference, model.window), chunk.length, maker), first);
  }
  return scores;
};

/** Of the latest rows, row-major, in units of `linear.sd`: distance from the linear forecast, and the LSTM's correction. */
const latest = (model: LstmModel, reference: Reference, maker: KernelMaker) => {
  const { features, window, linear } = model;
  const rows = judgedRows(reference, window);
  const residuals = new Float64Array(rows.length * features);
  const corrections = new Float64Array(rows.length * features);
  const inputs = reference.clipped.map((value) => (Number.isNaN(value) ? 0 : value));
  const straight = new Float64Array(features);
  for (let first = 0; first < rows.length; first += VECTORS_PER_CHUNK) {
    const chunk = rows.slice(first, first + VECTORS_PER_CHUNK);
    const forecasts = lstmForecasts(model, vectorsEndingAt(chunk, reference, window), chunk.length, maker);
    for (const [place, row] of chunk.entries()) {
      forecastByOwnLags(linear, inputs, row * features, straight);
      for (let feature = 0; feature < features; feature++) {
        const at = (first + place) * features + feature;
        const sd = linear.sd[feature]!;
        residuals[at] = (reference.clipped[row * features + feature]! - straight[feature]!) / sd;
        corrections[at] = (forecasts[place * features + feature]! - straight[feature]!) / sd;
      }
    }
  }
  return { residuals, corrections };
};

/** The share of the correction with the least Huber loss, the smallest of equals. */
const bestShare = (
  residuals: Float64Array,
  corrections: Float64Array,
  feature: number,
  features: number,
  pull: number,
): number => {
  const losses = SHARES.map((share) => {
    let sum = 0;
    for (let at = feature; at < residuals.length; at += features) {
      const error = residuals[at]! - share * corrections[at]!;
      const pulled = error > pull ? pull : error < -pull ? -pull : error;
      if (!Number.isNaN(error)) sum += pulled * (2 * error - pulled);
    }
    return sum;
  });
  return SHARES[losses.indexOf(Math.min(...losses))]!;
};

const kept = (weights: LstmWeights, shares: Float64Array): LstmWeights => {
  const hidden = weights.output.length / shares.length;
  return {
    ...weights,
    output: weights.output.map((value, at) => value * shares[Math.floor(at / hidden)]!),
    outputBias: weights.outputBias.map((value, output) => value * shares[output]!),
  };
};

import { RESIDUAL_SD_MIN } from "../linear/residual.ts";
import { solveRidge } from "../linear/ridge.ts";
import type { Span } from "./reference.ts";

/** Each feature from its own last `lags` values; weights row-major lags × features, oldest first. */
export type OwnLags = { lags: number; weights: Float64Array; intercept: Float64Array; sd: Float64Array };

/**
 * Ridge autoregression of each feature by itself, from the rows of the spans where the value and its lags are there; the
 * penalty is `ridge` per row. Row-major rows × features, NaN = missing. A feature with fewer such rows than twice the lags
 * is forecast by 0, its centre.
 */
export const fitOwnLags = (
  rows: Float32Array,
  features: number,
  spans: readonly Span[],
  { lags, ridge }: { lags: number; ridge: number },
): OwnLags => {
  const weights = new Float64Array(lags * features);
  const intercept = new Float64Array(features);
  const sd = new Float64Array(features).fill(RESIDUAL_SD_MIN);
  const newest = lags * (lags + 1);
  for (let feature = 0; feature < features; feature++) {
    const column = Float64Array.from({ length: rows.length / features }, (_, row) => rows[row * features + feature]!);
    const { count, means, products } = covariances(column, spans, lags);
    if (count < 2 * lags) continue;
    const xx = products.subarray(0, newest).filter((_, at) => at % (lags + 1) < lags);
    const xy = products.slice(newest, newest + lags);
    const penalty = ridge * count;
    const own = solveRidge({ inputs: lags, outputs: 1, xx, xy }, penalty).weights;
    let squares = products[newest + lags]!;
    intercept[feature] = means[lags]!;
    for (let lag = 0; lag < lags; lag++) {
      weights[lag * features + feature] = own[lag]!;
      intercept[feature] = intercept[feature]! - own[lag]! * means[lag]!;
      squares -= own[lag]! * (xy[lag]! + penalty * own[lag]!);
    }
    sd[feature] = Math.max(RESIDUAL_SD_MIN, Math.sqrt(Math.max(0, squares) / count));
  }
  return { lags, weights, intercept, sd };
};

/** Writes the forecast of the row that would follow `end` values of one flat array of rows without missing values. */
export const forecastByOwnLags = (
  { weights, intercept }: OwnLags,
  rows: ArrayLike<number>,
  end: number,
  out: Float64Array,
): void => {
  out.set(intercept);
  const from = end - weights.length;
  const features = intercept.length;
  for (let base = 0; base < weights.length; base += features) {
    for (let feature = 0; feature < features; feature++) {
      const at = base + feature;
      out[feature] = out[feature]! + weights[at]! * rows[from + at]!;
    }
  }
};

/** Means of the places of a window of `lags` + 1 values, the newest last, and sums of products around them, row-major. */
const covariances = (column: Float64Array, spans: readonly Span[], lags: number) => {
  const width = lags + 1;
  const windows = completeWindows(column, spans, width);
  const means = new Float64Array(width);
  const products = new Float64Array(width * width);
  for (const first of windows) {
    for (let at = 0; at < width; at++) means[at] = means[at]! + column[first + at]! / windows.length;
  }
  for (const first of windows) {
    for (let a = 0; a < width; a++) {
      const distance = column[first + a]! - means[a]!;
      for (let b = 0; b <= a; b++) {
        products[a * width + b] = products[a * width + b]! + distance * (column[first + b]! - means[b]!);
      }
    }
  }
  for (let a = 0; a < width; a++) for (let b = 0; b < a; b++) products[b * width + a] = products[a * width + b]!;
  return { count: windows.length, means, products };
};

/** Where windows without a missing value begin. */
const completeWindows = (column: Float64Array, spans: readonly Span[], width: number): number[] => {
  const firsts: number[] = [];
  for (const { from, to } of spans) {
    let complete = 0;
    for (let row = from; row < to; row++) {
      complete = Number.isNaN(column[row]) ? 0 : complete + 1;
      if (complete >= width) firsts.push(row - width + 1);
    }
  }
  return firsts;
};

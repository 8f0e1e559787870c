import { solveRidge } from "../linear/ridge.ts";
import type { Span } from "./descend.ts";

/** Each feature from its own last `lags` values; row-major lags × features, oldest first. */
export type OwnLags = { lags: number; weights: Float64Array; intercept: Float64Array; sd: Float64Array };

/** Of a residual, in standard deviations of its feature: what is forecast better is forecast exactly. */
export const RESIDUAL_SD_MIN = 1e-3;

/**
 * Ridge autoregression of each feature by itself, from the rows of the spans where the value and its lags are there. The penalty
 * is `ridge` per row. A feature with fewer such rows than twice the lags is forecast by its mean.
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
  for (let feature = 0; feature < features; feature++) {
    const { count, means, products } = covariances(rows, features, feature, spans, lags);
    if (count === 0) continue;
    const width = lags + 1;
    const xx = Float64Array.from({ length: lags * lags }, (_, at) => products[Math.floor(at / lags) * width + (at % lags)]!);
    const xy = Float64Array.from({ length: lags }, (_, at) => products[at * width + lags]!);
    const penalty = ridge * count;
    const own = solveRidge({ inputs: lags, outputs: 1, xx, xy }, penalty).weights;
    let squares = products[lags * width + lags]!;
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

/** Of the row at `end` from the rows before it, in one flat array of clipped rows. */
export const forecastByOwnLags = (
  { lags, weights, intercept }: OwnLags,
  rows: ArrayLike<number>,
  end: number,
  out: Float64Array,
): void => {
  out.set(intercept);
  const from = end - weights.length;
  const features = intercept.length;
  for (let at = 0, feature = 0; at < lags * features; at++, feature = at % features) {
    out[feature] = out[feature]! + weights[at]! * rows[from + at]!;
  }
};

const covariances = (rows: Float32Array, features: number, feature: number, spans: readonly Span[], lags: number) => {
  const width = lags + 1;
  const means = new Float64Array(width);
  const products = new Float64Array(width * width);
  const window = new Float64Array(width);
  const each = (visit: () => void) => {
    for (const { from, to } of spans) {
      for (let row = from + lags; row < to; row++) {
        let known = true;
        for (let at = 0; at < width; at++) {
          window[at] = rows[(row - lags + at) * features + feature]!;
          known &&= !Number.isNaN(window[at]!);
        }
        if (known) visit();
      }
    }
  };
  let count = 0;
  each(() => {
    count++;
    for (let at = 0; at < width; at++) means[at] = means[at]! + window[at]!;
  });
  if (count < 2 * lags) return { count: 0, means, products };
  for (let at = 0; at < width; at++) means[at] = means[at]! / count;
  each(() => {
    for (let a = 0; a < width; a++) {
      for (let b = a; b < width; b++) {
        products[a * width + b] = products[a * width + b]! + (window[a]! - means[a]!) * (window[b]! - means[b]!);
      }
    }
  });
  for (let a = 0; a < width; a++) for (let b = 0; b < a; b++) products[a * width + b] = products[b * width + a]!;
  return { count, means, products };
};

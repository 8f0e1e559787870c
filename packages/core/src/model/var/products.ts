import { AppError } from "../../errors.ts";
import type { Scaling } from "../scaling.ts";
import type { MetricRows } from "./moments.ts";

/**
 * Sums over windows of `lags` + 1 consecutive rows, scaled and clipped, each flattened into one vector w, oldest row first:
 * how many, Σ w and Σ w·wᵀ. All that a vector autoregression is fitted from; sums of parts add up to those of the whole.
 */
export type LagProducts = {
  metrics: number;
  lags: number;
  windows: number;
  sums: Float64Array;
  /** Row-major; only the upper triangle is filled. */
  products: Float64Array;
};

/** As many as a detector has features; the sums of 64 metrics and 3 lags are half a megabyte, those of 640 fifty. */
const METRICS_MAX = 64;

export type LagOptions = { lags: number; clip: number };

/**
 * Sums of the windows of one run of consecutive rows. A window with a missing value is left out: what is filled in would be
 * learnt as if it were so. Series, and stretches between gaps, are summed apart and merged.
 */
export const lagProducts = (rows: MetricRows, scaling: readonly Scaling[], options: LagOptions): LagProducts => {
  const { lags, clip } = options;
  const metrics = rows.columns;
  if (metrics > METRICS_MAX) {
    throw new AppError("VALIDATION", `var takes at most ${METRICS_MAX} metrics, got ${metrics}`);
  }
  const width = metrics * (lags + 1);
  const sums = new Float64Array(width);
  const products = new Float64Array(width * width);
  const scaled = scaledRows(rows, scaling).map((z) => (z > clip ? clip : z < -clip ? -clip : z));
  let windows = 0;
  for (const window of completeWindows(scaled, metrics, lags)) {
    windows++;
    addOuter(window, sums, products);
  }
  return { metrics, lags, windows, sums, products };
};

export const mergeLagProducts = (a: LagProducts, b: LagProducts): LagProducts => {
  if (a.metrics !== b.metrics || a.lags !== b.lags) {
    const shape = ({ metrics, lags }: LagProducts) => `${metrics} metrics and ${lags} lags`;
    throw new AppError("VALIDATION", `sums of ${shape(a)} cannot be merged with those of ${shape(b)}`);
  }
  return {
    ...a,
    windows: a.windows + b.windows,
    sums: a.sums.map((sum, at) => sum + b.sums[at]!),
    products: a.products.map((product, at) => product + b.products[at]!),
  };
};

/** The rows in the model's units, in doubles. */
export const scaledRows = ({ values }: MetricRows, scaling: readonly Scaling[]): Float64Array =>
  values.map((value, at) => (value - scaling[at % scaling.length]!.center) / scaling[at % scaling.length]!.scale);

/** Each run of `lags` + 1 rows without a missing value, as a view of them. */
export function* completeWindows(scaled: Float64Array, metrics: number, lags: number): Generator<Float64Array> {
  let complete = 0;
  for (let end = metrics; end <= scaled.length; end += metrics) {
    complete = isComplete(scaled, end - metrics, metrics) ? complete + 1 : 0;
    if (complete > lags) yield scaled.subarray(end - (lags + 1) * metrics, end);
  }
}

const isComplete = (scaled: Float64Array, from: number, columns: number): boolean => {
  for (let at = from; at < from + columns; at++) if (Number.isNaN(scaled[at])) return false;
  return true;
};

const addOuter = (window: Float64Array, sums: Float64Array, products: Float64Array): void => {
  const width = window.length;
  for (let row = 0; row < width; row++) {
    const value = window[row]!;
    if (value === 0) continue;
    sums[row] = sums[row]! + value;
    const base = row * width;
    for (let column = row; column < width; column++) {
      products[base + column] = products[base + column]! + value * window[column]!;
    }
  }
};

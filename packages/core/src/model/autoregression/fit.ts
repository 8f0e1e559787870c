import { AppError } from "../../errors.ts";
import { ONE } from "../linear/polynomial.ts";
import type { LinearProcess } from "../linear/process.ts";
import { solveRidge } from "../linear/ridge.ts";

export type AutoregressionParams = {
  /** Which earlier values a value is predicted from: 1 … 10, say, and a season. */
  lags: readonly number[];
  /** Ridge penalty per row, on values scaled to standard deviation 1. */
  ridge: number;
};

/** The ten values before: what the comparisons with `lstm` and `arima` use on series without a known season. */
export const AUTOREGRESSION_PARAMS: AutoregressionParams = { lags: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], ridge: 0.001 };

/** A spread below this part of the magnitude is rounding. */
const CONSTANT_SPREAD = 1e-12;

/**
 * Ridge autoregression of one series: y_t from y_{t−k} of the given lags, the linear baseline that a forecaster has to beat.
 * Rows with a missing value (NaN) at any place are left out. A constant series gives that constant with no spread.
 * Throws `VALIDATION` when there are fewer rows than twice the lags, and for values too large to be squared.
 */
export const fitAutoregression = (values: Float64Array, params: AutoregressionParams): LinearProcess => {
  const { lags } = params;
  const inputs = lags.length;
  const rows = completeRows(values, lags);
  const needed = 2 * inputs + 2;
  if (rows.length < needed) {
    throw new AppError(
      "VALIDATION",
      `an autoregression on ${inputs} lags needs ${needed} complete rows, got ${rows.length}`,
    );
  }
  const { center, scale } = spreadOf(values);
  if (scale === 0) return { ar: ONE, ma: ONE, constant: center, sd: 0 };
  const z = values.map((value) => (value - center) / scale);
  const { means, xx, xy, yy } = covariances(z, lags, rows);
  const penalty = params.ridge * rows.length;
  const { weights, degreesOfFreedom } = solveRidge({ inputs, outputs: 1, xx, xy }, penalty);
  let squares = yy;
  let constant = means[inputs]!;
  let gain = 1;
  for (let input = 0; input < inputs; input++) {
    squares -= weights[input]! * (xy[input]! + penalty * weights[input]!);
    constant -= weights[input]! * means[input]!;
    gain -= weights[input]!;
  }
  const sd = Math.sqrt(Math.max(0, squares) / Math.max(1, rows.length - 1 - degreesOfFreedom));
  return {
    ar: new Map([[0, 1], ...lags.map((lag, input): [number, number] => [lag, -weights[input]!])]),
    ma: ONE,
    constant: constant * scale + center * gain,
    sd: sd * scale,
  };
};

const completeRows = (values: Float64Array, lags: readonly number[]): number[] => {
  const rows: number[] = [];
  for (let at = Math.max(...lags); at < values.length; at++) {
    if (!Number.isNaN(values[at]) && lags.every((lag) => !Number.isNaN(values[at - lag]))) rows.push(at);
  }
  return rows;
};

const spreadOf = (values: Float64Array) => {
  const known = values.filter((value) => !Number.isNaN(value));
  const center = known.reduce((sum, value) => sum + value / known.length, 0);
  const scale = Math.sqrt(known.reduce((sum, value) => sum + (value - center) ** 2 / known.length, 0));
  if (!Number.isFinite(scale)) throw new AppError("VALIDATION", "the series has values too large to be squared");
  return { center, scale: scale > CONSTANT_SPREAD * Math.abs(center) ? scale : 0 };
};

/** Means, and sums of products around them; the last place is the value itself, the others its lags. */
const covariances = (z: Float64Array, lags: readonly number[], rows: readonly number[]) => {
  const inputs = lags.length;
  const places = [...lags, 0];
  const means = Float64Array.from(places, (lag) => rows.reduce((sum, row) => sum + z[row - lag]!, 0) / rows.length);
  const xx = new Float64Array(inputs * inputs);
  const xy = new Float64Array(inputs);
  let yy = 0;
  const window = new Float64Array(places.length);
  for (const row of rows) {
    for (let place = 0; place < places.length; place++) window[place] = z[row - places[place]!]! - means[place]!;
    const value = window[inputs]!;
    yy += value * value;
    for (let a = 0; a < inputs; a++) {
      xy[a] = xy[a]! + window[a]! * value;
      for (let b = 0; b <= a; b++) xx[a * inputs + b] = xx[a * inputs + b]! + window[a]! * window[b]!;
    }
  }
  for (let a = 0; a < inputs; a++) for (let b = 0; b < a; b++) xx[b * inputs + a] = xx[a * inputs + b]!;
  return { means, xx, xy, yy };
};

import { AppError } from "../../errors.ts";
import { degreeOf, type LagPolynomial, ONE } from "./polynomial.ts";

/**
 * A linear process: ar(B)·y_t = constant + ma(B)·e_t, e_t independent with standard deviation `sd`. Differencing is part of
 * `ar`, so that forecasts are those of y itself. Autoregressions and ARIMA models are forecast, explained and exported as such.
 */
export type LinearProcess = { ar: LagPolynomial; ma: LagPolynomial; constant: number; sd: number };

export type Forecast = { mean: Float64Array; sd: Float64Array };

/**
 * Each value's one-step forecast from those before it. Residuals before the first are taken as 0; the first values, as many
 * as the process looks back, cannot be forecast: NaN.
 */
export const oneStepForecasts = (process: LinearProcess, values: ArrayLike<number>): Float64Array => {
  const first = degreeOf(process.ar);
  const ar = terms(process.ar);
  const ma = terms(process.ma);
  const forecasts = new Float64Array(values.length).fill(Number.NaN);
  const residuals = new Float64Array(values.length);
  for (let at = first; at < values.length; at++) {
    forecasts[at] = process.constant - past(ar, values, at) + past(ma, residuals, at);
    residuals[at] = values[at]! - forecasts[at]!;
  }
  return forecasts;
};

/**
 * The next `steps` values: mean, and the standard deviation of a new value around it, sd·√(Σ_{j<h} ψ_j²) (Box, Jenkins,
 * Reinsel, "Time Series Analysis", 5.1). The coefficients count as known, so bands of short series are a little narrow.
 * Missing values (NaN) of the history count as what they were forecast to be. Throws `VALIDATION` when the history does not
 * hold as many values in a row as the process looks back.
 */
export const forecast = (process: LinearProcess, history: ArrayLike<number>, steps: number): Forecast => {
  const needed = degreeOf(process.ar);
  const first = firstComplete(history, needed);
  if (first === undefined) {
    const most = longestComplete(history);
    throw new AppError("VALIDATION", `a forecast needs ${needed} values in a row, the series has ${most}`);
  }
  const rows = history.length - first;
  const values = new Float64Array(rows + steps).fill(Number.NaN);
  for (let at = 0; at < rows; at++) values[at] = history[first + at]!;
  fillMissing(process, values, needed);
  let variance = 0;
  const sd = impulseResponse(process.ar, process.ma, steps).map((psi) => {
    variance += psi ** 2;
    return process.sd * Math.sqrt(variance);
  });
  return { mean: values.slice(rows), sd };
};

/** Puts each missing value's one-step forecast in its place, from `from` on; its residual is then 0. */
const fillMissing = (process: LinearProcess, values: Float64Array, from: number): void => {
  const ar = terms(process.ar);
  const ma = terms(process.ma);
  const residuals = new Float64Array(values.length);
  for (let at = from; at < values.length; at++) {
    const expected = process.constant - past(ar, values, at) + past(ma, residuals, at);
    if (Number.isNaN(values[at])) values[at] = expected;
    else residuals[at] = values[at]! - expected;
  }
};

/** Where so many values that are not missing first stand in a row. */
const firstComplete = (values: ArrayLike<number>, count: number): number | undefined => {
  let first = 0;
  for (let at = 0; at - first < count; at++) {
    if (at >= values.length) return undefined;
    if (Number.isNaN(values[at])) first = at + 1;
  }
  return first;
};

/** The most values that stand in a row without a missing one. */
export const longestComplete = (values: ArrayLike<number>): number => {
  let [longest, length] = [0, 0];
  for (let at = 0; at < values.length; at++) {
    length = Number.isNaN(values[at]) ? 0 : length + 1;
    longest = Math.max(longest, length);
  }
  return longest;
};

/** ψ_0 … of ma(B) / ar(B): what a shock of 1 adds to the values from then on. AR(1) with 0.5: 1, 0.5, 0.25 … */
export const impulseResponse = (ar: LagPolynomial, ma: LagPolynomial, count: number): Float64Array => {
  const psi = new Float64Array(count);
  const earlier = terms(ar);
  for (let at = 0; at < count; at++) psi[at] = (ma.get(at) ?? 0) - past(earlier, psi, at);
  return psi;
};

/** How many values before it a value depends on directly. */
export const reachOf = ({ ar }: LinearProcess): number => degreeOf(ar);

/**
 * The same process as a window of `count` values, newest last, sees it: forecast = constant + Σ weights·window. It is the
 * conditional forecast, with residuals of 0 before the window, so that a level or a season that stands still is continued
 * exactly, however short the window is. What a residual adds is a weight of 1 / ma(B) (Box, Jenkins, Reinsel, 4.1). Throws
 * `VALIDATION` when the window is shorter than the process looks back.
 */
export const windowWeights = (process: LinearProcess, count: number) => {
  const first = degreeOf(process.ar);
  if (count < first) {
    throw new AppError("VALIDATION", `the model looks ${first} rows back, a window of ${count} does not hold them`);
  }
  const inverse = impulseResponse(process.ma, ONE, count - first + 1);
  const weights = new Float64Array(count);
  let constant = 0;
  for (let delay = 0; delay < inverse.length; delay++) {
    constant += process.constant * inverse[delay]!;
    for (const [lag, coefficient] of process.ar) {
      const age = delay + lag;
      if (age > 0) weights[count - age] = weights[count - age]! - inverse[delay]! * coefficient;
    }
  }
  return { weights, constant };
};

type Terms = { lags: Int32Array; coefficients: Float64Array };

const terms = (polynomial: LagPolynomial): Terms => {
  const earlier = [...polynomial].filter(([lag]) => lag > 0);
  return {
    lags: Int32Array.from(earlier, ([lag]) => lag),
    coefficients: Float64Array.from(earlier, ([, coefficient]) => coefficient),
  };
};

/** Σ c_k · series[at − k] over the lags that are there. */
const past = ({ lags, coefficients }: Terms, series: ArrayLike<number>, at: number): number => {
  let sum = 0;
  for (let term = 0; term < lags.length; term++) {
    const from = at - lags[term]!;
    if (from >= 0) sum += coefficients[term]! * series[from]!;
  }
  return sum;
};

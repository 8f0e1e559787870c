import { fitAutoregression } from "../autoregression/fit.ts";
import { isStable } from "../linear/polynomial.ts";
import { oneStepForecasts } from "../linear/process.ts";
import { solveRidge } from "../linear/ridge.ts";
import { type ArimaOrder, parameterCount } from "./css.ts";

/** Lags of the long autoregression, and the penalties per row: a start has to be near, not exact. */
const LONG_LAGS_MAX = 20;
const START_RIDGE = 1e-4;
/** Coefficients that are not stable are damped by this until they are: it moves all roots outwards. */
const SHRINK = 0.9;

/**
 * Where the search begins (Hannan, Rissanen 1982): residuals of a long autoregression stand for the unknown ones, so that
 * φ and θ are a linear regression. Seasonal coefficients begin at 0, the mean at the series' own. Of a series scaled to
 * standard deviation 1.
 */
export const startParameters = (w: Float64Array, order: ArimaOrder): Float64Array => {
  const { p, q, hasConstant } = order;
  const parameters = new Float64Array(parameterCount(order));
  // Also without a constant: a level that is large beside the spread would drown the regression.
  const mean = w.reduce((sum, value) => sum + value / w.length, 0);
  if (hasConstant) parameters[parameters.length - 1] = mean;
  const longLags = Math.min(LONG_LAGS_MAX, Math.floor(w.length / 4) - 1);
  if (p + q === 0 || longLags < p + q) return parameters;
  const centred = w.map((value) => value - mean);
  const lags = Array.from({ length: longLags }, (_, at) => at + 1);
  const forecasts = oneStepForecasts(fitAutoregression(centred, { lags, ridge: START_RIDGE }), centred);
  const residuals = centred.map((value, at) => (at < longLags ? 0 : value - forecasts[at]!));
  const weights = regression(centred, residuals, order, longLags + Math.max(p, q));
  parameters.set(stable(weights.subarray(0, p)), 0);
  parameters.set(
    stable(weights.subarray(p).map((weight) => -weight)).map((weight) => -weight),
    p,
  );
  return parameters;
};

/** Least squares of w_t on p earlier values and q earlier residuals. */
const regression = (w: Float64Array, residuals: Float64Array, { p, q }: ArimaOrder, from: number): Float64Array => {
  const inputs = p + q;
  const xx = new Float64Array(inputs * inputs);
  const xy = new Float64Array(inputs);
  const x = new Float64Array(inputs);
  for (let at = from; at < w.length; at++) {
    for (let lag = 1; lag <= p; lag++) x[lag - 1] = w[at - lag]!;
    for (let lag = 1; lag <= q; lag++) x[p + lag - 1] = residuals[at - lag]!;
    for (let a = 0; a < inputs; a++) {
      xy[a] = xy[a]! + x[a]! * w[at]!;
      for (let b = 0; b < inputs; b++) xx[a * inputs + b] = xx[a * inputs + b]! + x[a]! * x[b]!;
    }
  }
  return solveRidge({ inputs, outputs: 1, xx, xy }, START_RIDGE * w.length).weights;
};

const stable = (coefficients: Float64Array): Float64Array => {
  let damped = coefficients.slice();
  while (!isStable(damped, 0.01)) damped = damped.map((coefficient, at) => coefficient * SHRINK ** (at + 1));
  return damped;
};

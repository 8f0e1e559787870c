import { AppError } from "../../errors.ts";
import { solveRidge } from "../linear/ridge.ts";
import type { VarModel, VarParams } from "./model.ts";
import { CONSTANT_MOVE, type MetricScaling } from "./moments.ts";
import type { LagProducts } from "./products.ts";

/** From so many windows a standard deviation is known to an eighth of itself, 1 / √(2n). */
const WINDOWS_MIN = 32;
/** Of a clipped, scaled metric: what is predicted better than this is predicted exactly, and its rounding is no news. */
const RESIDUAL_SD_MIN = 1e-3;

/**
 * Ridge vector autoregression of order `lags` from sums of windows: each metric's newest value from all metrics' earlier
 * ones. The penalty is `ridge` per window, so that merging more rows does not weaken it. Residual standard deviations
 * count the fit's degrees of freedom: few windows must not make the residuals look small. `scaling` only says which metrics
 * are constants. Throws `VALIDATION` on too few complete windows.
 */
export const fitVar = (sums: LagProducts, scaling: readonly MetricScaling[], params: VarParams): VarModel => {
  const { metrics, lags, windows } = sums;
  if (windows < WINDOWS_MIN) {
    throw new AppError(
      "VALIDATION",
      `var needs at least ${WINDOWS_MIN} windows of ${lags + 1} complete rows, got ${windows}`,
    );
  }
  const inputs = metrics * lags;
  const { xx, xy, yy, means } = centred(sums);
  const penalty = params.ridge * windows;
  const { weights, degreesOfFreedom } = solveRidge({ inputs, outputs: metrics, xx, xy }, penalty);
  const intercept = means.slice(inputs);
  const residualSd = new Float64Array(metrics);
  const freeWindows = Math.max(1, windows - 1 - degreesOfFreedom);
  for (let metric = 0; metric < metrics; metric++) {
    // |y − XW|² = y'y − W'X'y − penalty·W'W where (X'X + penalty·I)W = X'y.
    let squares = yy[metric]!;
    for (let input = 0; input < inputs; input++) {
      const weight = weights[input * metrics + metric]!;
      squares -= weight * (xy[input * metrics + metric]! + penalty * weight);
      intercept[metric] = intercept[metric]! - weight * means[input]!;
    }
    residualSd[metric] = Math.max(RESIDUAL_SD_MIN, Math.sqrt(Math.max(0, squares) / freeWindows));
  }
  const levelCap = Float64Array.from(scaling, ({ isConstant }) => (isConstant ? CONSTANT_MOVE : params.cap));
  return { ...params, metrics, lags, windows, centre: means.slice(inputs), weights, intercept, residualSd, levelCap };
};

/** The sums with the mean of each place of the window taken out: inputs are the older rows, outputs the newest. */
const centred = ({ metrics, lags, windows, sums, products }: LagProducts) => {
  const width = metrics * (lags + 1);
  const inputs = metrics * lags;
  const means = sums.map((sum) => sum / windows);
  const covariance = (row: number, column: number) =>
    products[row * width + column]! - windows * means[row]! * means[column]!;
  const xx = new Float64Array(inputs * inputs);
  const xy = new Float64Array(inputs * metrics);
  for (let row = 0; row < inputs; row++) {
    for (let column = row; column < inputs; column++) {
      xx[row * inputs + column] = xx[column * inputs + row] = covariance(row, column);
    }
    for (let metric = 0; metric < metrics; metric++) xy[row * metrics + metric] = covariance(row, inputs + metric);
  }
  const yy = Float64Array.from({ length: metrics }, (_, metric) => covariance(inputs + metric, inputs + metric));
  return { xx, xy, yy, means };
};

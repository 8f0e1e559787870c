import { AppError } from "../../errors.ts";
import { RESIDUAL_SD_MIN } from "../linear/residual.ts";
import { solveRidge } from "../linear/ridge.ts";
import type { RowForecast, VarModel, VarParams } from "./model.ts";
import { CONSTANT_MOVE, type MetricScaling } from "./moments.ts";
import type { LagProducts } from "./products.ts";

/** From so many windows a standard deviation is known to an eighth of itself, 1 / √(2n). */
const WINDOWS_MIN = 32;
/** And two for each weight of a metric, or the fit is a memory of the rows. */
const WINDOWS_PER_INPUT = 2;

/**
 * Ridge vector autoregression of order `lags` from sums of windows: each metric's newest value from all metrics' earlier
 * ones, and once more from the oldest row alone. `scaling` only says which metrics are constants. The tails still count as
 * those of a normal distribution: `withTails`. Throws `VALIDATION` on too few complete windows.
 */
export const fitVar = (sums: LagProducts, scaling: readonly MetricScaling[], params: VarParams): VarModel => {
  const { metrics, lags, windows } = sums;
  const needed = Math.max(WINDOWS_MIN, WINDOWS_PER_INPUT * metrics * lags);
  if (windows < needed) {
    throw new AppError(
      "VALIDATION",
      `var needs at least ${needed} windows of ${lags + 1} complete rows, got ${windows}`,
    );
  }
  const near = fitRowForecast(sums, metrics * lags, params.ridge);
  return {
    ...params,
    ...{ metrics, windows, near, reach: fitRowForecast(sums, metrics, params.ridge) },
    centre: sums.sums.slice(metrics * lags).map((sum) => sum / windows),
    residualUnit: near.sd.slice(),
    levelUnit: new Float64Array(metrics).fill(1),
    levelCap: Float64Array.from(scaling, ({ isConstant }) => (isConstant ? CONSTANT_MOVE : params.cap)),
  };
};

/**
 * The newest row from the first `inputs` values of the window. The penalty is `ridge` per window, so that merging more rows
 * does not weaken it. The residuals' spread is that which new rows will have, by generalised cross-validation (Golub, Heath,
 * Wahba 1979), Σr²/n / (1 − df/n)²: few windows must not make residuals look small.
 */
const fitRowForecast = (sums: LagProducts, inputs: number, ridge: number): RowForecast => {
  const { metrics, windows } = sums;
  const { xx, xy, yy, inputMeans, means } = centred(sums, inputs);
  const penalty = ridge * windows;
  const { weights, degreesOfFreedom } = solveRidge({ inputs, outputs: metrics, xx, xy }, penalty);
  const intercept = means.slice();
  const sd = new Float64Array(metrics);
  const freeShare = 1 - (1 + degreesOfFreedom) / windows;
  for (let metric = 0; metric < metrics; metric++) {
    // |y − XW|² = y'y − W'X'y − penalty·W'W where (X'X + penalty·I)W = X'y.
    let squares = yy[metric]!;
    for (let input = 0; input < inputs; input++) {
      const weight = weights[input * metrics + metric]!;
      squares -= weight * (xy[input * metrics + metric]! + penalty * weight);
      intercept[metric] = intercept[metric]! - weight * inputMeans[input]!;
    }
    sd[metric] = Math.max(RESIDUAL_SD_MIN, Math.sqrt(Math.max(0, squares) / windows) / freeShare);
  }
  return { weights, intercept, sd };
};

/** The sums with the mean of each place of the window taken out: inputs are its first values, outputs its newest row. */
const centred = ({ metrics, lags, windows, sums, products }: LagProducts, inputs: number) => {
  const width = metrics * (lags + 1);
  const newest = metrics * lags;
  const means = sums.map((sum) => sum / windows);
  const covariance = (row: number, column: number) =>
    products[row * width + column]! - windows * means[row]! * means[column]!;
  const xx = new Float64Array(inputs * inputs);
  const xy = new Float64Array(inputs * metrics);
  for (let row = 0; row < inputs; row++) {
    for (let column = row; column < inputs; column++) {
      xx[row * inputs + column] = xx[column * inputs + row] = covariance(row, column);
    }
    for (let metric = 0; metric < metrics; metric++) xy[row * metrics + metric] = covariance(row, newest + metric);
  }
  const yy = Float64Array.from({ length: metrics }, (_, metric) => covariance(newest + metric, newest + metric));
  return { xx, xy, yy, inputMeans: means.subarray(0, inputs), means: means.subarray(newest) };
};

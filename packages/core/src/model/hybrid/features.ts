import { BOUND, CLIP, type HybridModel, RESIDUAL_FEATURES, VARIANCE_FLOOR, windowOf } from "./model.ts";

/** What is needed to forecast: everything but the forest and what prepares its rows. */
export type Forecasts = Pick<HybridModel, "metrics" | "lags" | "recent" | "weights" | "constants" | "sd">;

/**
 * Of each metric of each vector (row-major rowCount × metrics × 4): the newest residual, the mean of the `recent` newest ones, the
 * logarithm of their mean square, and the newest value. Residuals are in their standard deviations, values in scaled units. A
 * missing value has no residual: 0; for the forecasts after it, it counts as the centre. Vectors begin every `stride` values.
 */
export const residualFeatures = (
  forecasts: Forecasts,
  vectors: Float32Array,
  rowCount: number,
  stride = forecasts.metrics * windowOf(forecasts),
): Float64Array => {
  const { metrics, lags, recent, sd } = forecasts;
  const features = new Float64Array(rowCount * metrics * RESIDUAL_FEATURES);
  for (let row = 0; row < rowCount; row++) {
    for (let metric = 0; metric < metrics; metric++) {
      const base = row * stride + metric;
      let [newest, sum, squares] = [0, 0, 0];
      for (let at = 0; at < recent; at++) {
        const value = vectors[base + (lags + at) * metrics]!;
        const forecast = forecastAt(forecasts, vectors, base + at * metrics, metric);
        newest = Number.isNaN(value) ? 0 : (cut(value, BOUND) - forecast) / sd[metric]!;
        sum += newest;
        squares += newest * newest;
      }
      const value = vectors[base + (lags + recent - 1) * metrics]!;
      const to = (row * metrics + metric) * RESIDUAL_FEATURES;
      features[to] = newest;
      features[to + 1] = sum / recent;
      features[to + 2] = Math.log(squares / recent + VARIANCE_FLOOR);
      features[to + 3] = Number.isNaN(value) ? 0 : cut(value, BOUND);
    }
  }
  return features;
};

/** Forecast of the value that follows `lags` rows, the first of which is at `base`. */
const forecastAt = (
  { metrics, lags, weights, constants }: Forecasts,
  vectors: Float32Array,
  base: number,
  metric: number,
) => {
  let forecast = constants[metric]!;
  for (let lag = 0; lag < lags; lag++) {
    const value = vectors[base + lag * metrics]!;
    if (!Number.isNaN(value)) forecast += weights[metric * lags + lag]! * cut(value, CLIP);
  }
  return forecast;
};

const cut = (value: number, bound: number): number => (value > bound ? bound : value < -bound ? -bound : value);

/** What the newest row of each vector was expected to be, scaled, row-major rowCount × metrics. */
export const expectedRows = (forecasts: Forecasts, vectors: Float32Array, rowCount: number): Float64Array => {
  const { metrics, recent } = forecasts;
  const width = metrics * windowOf(forecasts);
  return Float64Array.from({ length: rowCount * metrics }, (_, at) => {
    const metric = at % metrics;
    const base = Math.floor(at / metrics) * width + (recent - 1) * metrics + metric;
    return forecastAt(forecasts, vectors, base, metric);
  });
};

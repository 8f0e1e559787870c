import { AppError } from "../../errors.ts";
import { fitAutoregression } from "../autoregression/fit.ts";
import type { Run } from "../dataset.ts";
import { heldOutFrom } from "../held-out.ts";
import { fitForest } from "../isolation-forest/fit.ts";
import type { LinearProcess } from "../linear/process.ts";
import { RESIDUAL_SD_MIN } from "../linear/residual.ts";
import { fitRange } from "../range.ts";
import { fitScaling, type Scaling, scaleRow } from "../scaling.ts";
import { type Forecasts, residualFeatures } from "./features.ts";
import { CLIP, type HybridModel, type HybridParams, RESIDUAL_FEATURES, RIDGE, windowOf } from "./model.ts";
import { hybridIsolations, hybridScores, scaleFeatures } from "./score.ts";

/** A run of scaled float32 rows, row-major. */
type ScaledRun = { rows: Float32Array; count: number };

export type TrainedHybrid = { model: HybridModel; processes: LinearProcess[] };

/**
 * Rows of metrics that residual features are made of, 32 MB of them, and those that the forest draws its samples from: of more,
 * every second, third … row is taken.
 */
const FEATURE_ROWS = 2 ** 20;
const FOREST_ROWS = 2 ** 18;

/**
 * Per metric a ridge autoregression, then one isolation forest for the residual features of all metrics. `processes` are the
 * autoregressions in scaled units. Throws `VALIDATION` on too few rows.
 */
export const trainHybrid = (
  runs: readonly ScaledRun[],
  metrics: number,
  params: HybridParams,
  seed: number,
): TrainedHybrid => {
  const { lags, recent } = params;
  const window = windowOf(params);
  const long = runs.filter(({ count }) => count >= window);
  if (long.length === 0)
    throw new AppError("VALIDATION", `hybrid needs ${window} complete rows in a row to learn from`);
  const processes = Array.from({ length: metrics }, (_, metric) =>
    fitAutoregression(clippedColumn(runs, metrics, metric), { lags: lagsUpTo(lags), ridge: RIDGE }),
  );
  const forecasts: Forecasts = {
    ...{ metrics, lags, recent },
    weights: Float64Array.from({ length: metrics * lags }, (_, at) => {
      const lag = lags - (at % lags);
      return -(processes[Math.floor(at / lags)]!.ar.get(lag) ?? 0);
    }),
    constants: Float64Array.from(processes, ({ constant }) => constant),
    sd: Float64Array.from(processes, ({ sd }) => Math.max(RESIDUAL_SD_MIN, sd)),
  };
  const every = strideOf(long, metrics);
  const parts = long.map(({ rows, count }) =>
    residualFeatures(forecasts, rows, Math.ceil((count - window + 1) / every), metrics * every),
  );
  const width = metrics * RESIDUAL_FEATURES;
  const columns = Array.from({ length: width }, (_, column) => joinedColumn(parts, width, column));
  const featureScaling = columns.map((column) => fitScaling(column.slice()));
  const scaled = columns.map((column, at) => scaleFeatures(column, [featureScaling[at]!]));
  const { forest } = fitForest(forestRows(scaled, metrics), {
    trees: params.trees,
    sampleSize: params.sampleSize,
    seed,
  });
  const ranges = scaled.map(fitRange).map(({ low, high, width: unit }) => ({ low, high, width: unit }));
  return { model: { ...forecasts, featureScaling, forest, ranges }, processes };
};

const strideOf = (runs: readonly ScaledRun[], metrics: number): number =>
  Math.ceil((runs.reduce((sum, { count }) => sum + count, 0) * metrics) / FEATURE_ROWS);

const lagsUpTo = (lags: number) => Array.from({ length: lags }, (_, at) => at + 1);

/** One metric of all runs, each followed by a missing value, so that none is forecast from the one before. */
const clippedColumn = (runs: readonly ScaledRun[], metrics: number, metric: number): Float64Array => {
  const column = new Float64Array(runs.reduce((sum, { count }) => sum + count + 1, 0)).fill(Number.NaN);
  let at = 0;
  for (const { rows, count } of runs) {
    for (let row = 0; row < count; row++) {
      column[at++] = Math.max(-CLIP, Math.min(CLIP, rows[row * metrics + metric]!));
    }
    at++;
  }
  return column;
};

const joinedColumn = (parts: readonly Float64Array[], width: number, column: number): Float64Array => {
  const values = new Float64Array(parts.reduce((sum, { length }) => sum + length / width, 0));
  let to = 0;
  for (const part of parts) for (let at = column; at < part.length; at += width) values[to++] = part[at]!;
  return values;
};

/** The residual features of all metrics, one after another: a metric of a row is a row. */
const forestRows = (scaled: readonly Float32Array[], metrics: number) => {
  const available = scaled[0]!.length;
  const stride = Math.ceil((available * metrics) / FOREST_ROWS);
  const perMetric = Math.ceil(available / stride);
  const count = perMetric * metrics;
  const values = new Float32Array(count * RESIDUAL_FEATURES);
  for (let row = 0; row < count; row++) {
    const metric = Math.floor(row / perMetric);
    for (let feature = 0; feature < RESIDUAL_FEATURES; feature++) {
      const column = scaled[metric * RESIDUAL_FEATURES + feature]!;
      values[row * RESIDUAL_FEATURES + feature] = column[(row % perMetric) * stride]!;
    }
  }
  return { values, columns: RESIDUAL_FEATURES, count };
};

/** Raw scores of the last 30 % of each run, by a model that was fitted to the first 70 %: what calibration is made of. */
export const heldOutScores = (
  runs: readonly ScaledRun[],
  metrics: number,
  params: HybridParams,
  seed: number,
): Float64Array => {
  const cut = (count: number) => heldOutFrom(count);
  const earlier = runs.map(({ rows, count }) => ({ rows: rows.subarray(0, cut(count) * metrics), count: cut(count) }));
  const { model } = trainHybrid(earlier, metrics, params, seed);
  const before = windowOf(params) - 1;
  const every = strideOf(runs, metrics);
  return Float64Array.from(
    runs.flatMap(({ rows, count }) => {
      const from = Math.max(0, cut(count) - before);
      const later = rows.subarray(from * metrics);
      const rowCount = Math.max(0, Math.ceil((count - from - before) / every));
      return [...hybridScores(hybridIsolations(model, later, rowCount, metrics * every), metrics)];
    }),
  );
};

/** Scaling of each metric over all rows, and the rows scaled by it. */
export const scaledRuns = (runs: readonly Run[], metrics: number): { scaling: Scaling[]; scaled: ScaledRun[] } => {
  const scaling = Array.from({ length: metrics }, (_, metric) =>
    fitScaling(
      joinedColumn(
        runs.map(({ values }) => values),
        metrics,
        metric,
      ),
    ),
  );
  const scaled = runs.map(({ values, count }) => {
    const rows = new Float32Array(values.length);
    for (let at = 0; at < values.length; at += metrics) scaleRow(scaling, values, rows, at, at);
    return { rows, count };
  });
  return { scaling, scaled };
};

import { AppError } from "../../errors.ts";
import { heldOutFrom } from "../held-out.ts";
import { scaleRow } from "../scaling.ts";
import { fitVar } from "./fit.ts";
import type { VarModel, VarParams } from "./model.ts";
import { type MetricRows, type MetricScaling, mergeMoments, metricScaling, momentsOf } from "./moments.ts";
import { lagProducts, mergeLagProducts } from "./products.ts";
import { scoreVar } from "./score.ts";
import { mergeTailCounts, tailCounts, withTails } from "./tails.ts";

export type TrainedVar = { scaling: MetricScaling[]; model: VarModel };

/**
 * The three passes over runs of consecutive rows, of one entity or of several that are alike. Each pass is a merge of sums in the
 * order of the runs; elsewhere the sums may come from different workers. Throws `VALIDATION` as `metricScaling` and `fitVar` do.
 */
export const trainVar = (runs: readonly MetricRows[], params: VarParams): TrainedVar => {
  if (runs.length === 0) throw new AppError("VALIDATION", "var needs rows to learn from, got none");
  const scaling = metricScaling(runs.map(momentsOf).reduce(mergeMoments));
  const sums = runs.map((rows) => lagProducts(rows, scaling, params)).reduce(mergeLagProducts);
  const fitted = fitVar(sums, scaling, params);
  const counts = runs.map((rows) => tailCounts(fitted, rows, scaling)).reduce(mergeTailCounts);
  return { scaling, model: withTails(fitted, counts) };
};

/** Vectors of the rows from `lags` on: each the row and those before it, scaled and cut to float32, as the model takes them. */
export const varVectors = ({ scaling, model: { lags } }: TrainedVar, { values, columns, count }: MetricRows) => {
  const scaled = new Float32Array(count * columns);
  for (let at = 0; at < scaled.length; at += columns) scaleRow(scaling, values, scaled, at, at);
  const width = columns * (lags + 1);
  const rowCount = Math.max(0, count - lags);
  const vectors = new Float32Array(rowCount * width);
  for (let row = 0; row < rowCount; row++) {
    vectors.set(scaled.subarray(row * columns, row * columns + width), row * width);
  }
  return { vectors, rowCount };
};

/**
 * Raw scores that calibration is made of: of the last 30 % of each run, by a model fitted to the first 70 %. Scores of the rows
 * that a model was fitted to would be lower than those of new ones, the more so the more metrics there are.
 */
export const heldOutScores = (runs: readonly MetricRows[], params: VarParams): Float64Array => {
  const cut = ({ count }: MetricRows) => heldOutFrom(count);
  const trained = trainVar(
    runs.map((rows) => slice(rows, 0, cut(rows))),
    params,
  );
  const scores = runs.map((rows) => {
    const { vectors, rowCount } = varVectors(trained, slice(rows, Math.max(0, cut(rows) - params.lags), rows.count));
    return scoreVar(trained.model, vectors, rowCount);
  });
  const all = new Float64Array(scores.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of scores) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const slice = ({ values, columns }: MetricRows, from: number, to: number): MetricRows => ({
  values: values.subarray(from * columns, to * columns),
  columns,
  count: to - from,
});

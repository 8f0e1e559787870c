import { AppError } from "../../errors.ts";
import { consecutiveRuns, type Run, timeSpan } from "../dataset.ts";
import type { Trainer } from "../family.ts";
import { heldOutFrom } from "../held-out.ts";
import { exportForecaster, scoreWindows, type WindowForecaster, windowForecaster } from "../linear/export.ts";
import type { LinearProcess } from "../linear/process.ts";
import { storedProcesses } from "../linear/stored.ts";
import { fitScaling, type Scaling, scaleRow } from "../scaling.ts";
import type { ArimaOrder } from "./css.ts";
import type { ArimaConfig } from "./family.ts";
import { type ArimaModel, fitArima, hasEnoughRows, orderName, processOf } from "./fit.ts";
import { selectArima } from "./select.ts";

type FittedArima = { model: ArimaModel; process: LinearProcess; scaling: Scaling; window: number; runs: Run[] };

/**
 * One model for all runs of complete rows: those between gaps, and those of all entities, share their coefficients. Entities
 * that are not alike are refused. The reference scores are those of the last 30 % of each run by a model of the same order
 * fitted to the first 70 %.
 */
export const trainer: Trainer<ArimaConfig, FittedArima> = {
  fit(dataset, config) {
    const maxRows = Math.ceil(dataset.maxRows / Math.max(1, dataset.series.length));
    const bySeries = dataset.series.map((one) => consecutiveRuns({ ...dataset, maxRows, series: [one] }));
    const runs = bySeries.flat();
    const model = selectArima(
      runs.map(({ values }) => values),
      config,
    );
    const process = processOf(model);
    if (bySeries.length > 1) checkAlike(model.order, bySeries);
    const scaling = fitScaling(Float64Array.from(runs.flatMap(({ values }) => [...values])));
    return { model, process, scaling, window: dataset.shingleSize - 1, runs };
  },
  export: ({ model, process, scaling, window, runs }) => ({
    onnx: exportForecaster(windowForecaster(process, scaling, window)),
    params: { order: orderName(model.order), window, ...storedProcesses([process]) },
    scaling: [scaling],
    referenceScores: heldOutScores(runs, model, scaling, window),
    trainingRows: runs.reduce((sum, { count }) => sum + count - window, 0),
    trainingSpanMs: timeSpan(runs.flatMap(({ timestamps }) => [timestamps[0]!, timestamps.at(-1)!])),
  }),
};

/** Residuals of one entity may be so many times those of another: one standard deviation stands for all; docs/models.md. */
const MAX_SPREAD_RATIO = 10;
/** A spread below this part of the largest is rounding, of a series that stands still. */
const ROUNDING = 1e-9;

/** Throws `VALIDATION` when models of their own, of the same order, would differ too much between the series. */
const checkAlike = (order: ArimaOrder, bySeries: readonly (readonly Run[])[]): void => {
  const values = bySeries.map((runs) => runs.map((run) => run.values));
  const spreads = values.filter((runs) => hasEnoughRows(runs, order)).map((runs) => fitArima(runs, order).sd);
  const largest = Math.max(...spreads);
  const smallest = Math.min(...spreads.filter((spread) => spread > ROUNDING * largest));
  const ratio = largest / smallest;
  if (!(ratio > MAX_SPREAD_RATIO)) return;
  throw new AppError(
    "VALIDATION",
    `the entities of this detector are too different for one arima model: forecasts of one err ${Math.round(ratio)} times ` +
      "as much as those of another; give those that are alike a detector of their own (`match.entity`)",
  );
};

const heldOutScores = (runs: readonly Run[], { order }: ArimaModel, scaling: Scaling, window: number): Float64Array => {
  const cut = ({ count }: Run) => heldOutFrom(count);
  const earlier = fitArima(
    runs.map((run) => run.values.subarray(0, cut(run))),
    order,
  );
  const forecaster = windowForecaster(processOf(earlier), scaling, window);
  return Float64Array.from(
    runs.flatMap((run) => [...scoreRun(forecaster, run.values.subarray(Math.max(0, cut(run) - window)), scaling)]),
  );
};

/** Scores of a run's rows from the window's end on, as the model scores them. */
const scoreRun = (forecaster: WindowForecaster, values: Float64Array, scaling: Scaling): Float64Array => {
  const scaled = new Float32Array(values.length);
  for (let row = 0; row < values.length; row++) scaleRow([scaling], values, scaled, row, row);
  return scoreWindows(forecaster, scaled, Math.max(0, values.length - forecaster.weights.length), 1);
};

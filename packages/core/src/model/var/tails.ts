import { AppError } from "../../errors.ts";
import type { Scaling } from "../scaling.ts";
import type { VarModel } from "./model.ts";
import type { MetricRows } from "./moments.ts";
import { completeWindows, scaledRows } from "./products.ts";
import { nearDeviations } from "./score.ts";

/** Bins are so wide, as a factor: a quantile is known to a hundredth. They begin at 1 standard deviation. */
const BIN_FACTOR = 1.02;
/** Up to 400 standard deviations. */
const BINS = 304;
/** The tail is where one in a thousand lies, and that is taken for ordinary when it is so many standard deviations. */
const TAIL_SHARE = 0.001;
const ORDINARY_TAIL = 4.5;

/** How often each metric's residual and level lay in each bin, row-major metrics × bins; adds up over parts of the rows. */
export type TailCounts = { windows: number; residuals: Uint32Array; levels: Uint32Array };

/** Counts how far the reference rows lie from their forecasts and from their means, in standard deviations. */
export const tailCounts = (model: VarModel, rows: MetricRows, scaling: readonly Scaling[]): TailCounts => {
  const { metrics, lags } = model;
  const counts = { windows: 0, residuals: new Uint32Array(metrics * BINS), levels: new Uint32Array(metrics * BINS) };
  const deviations = new Float64Array(metrics);
  for (const window of completeWindows(scaledRows(rows, scaling), metrics, lags)) {
    counts.windows++;
    nearDeviations(model, window, 0, deviations);
    for (let metric = 0; metric < metrics; metric++) {
      count(counts.residuals, metric, deviations[metric]!);
      count(counts.levels, metric, Math.abs(window[metrics * lags + metric]!));
    }
  }
  return counts;
};

export const mergeTailCounts = (a: TailCounts, b: TailCounts): TailCounts => {
  if (a.residuals.length !== b.residuals.length) {
    throw new AppError("VALIDATION", "tail counts of different metrics cannot be merged");
  }
  return {
    windows: a.windows + b.windows,
    residuals: a.residuals.map((value, at) => value + b.residuals[at]!),
    levels: a.levels.map((value, at) => value + b.levels[at]!),
  };
};

/**
 * The model with each metric measured by its own tail: what one reference row in a thousand reaches counts as much, or
 * nearly, in all metrics, (quantile / 4.5) to the power of `residualTail` and `levelTail` being the unit. A metric that
 * often jumps has to jump further.
 */
export const withTails = (model: VarModel, counts: TailCounts): VarModel => {
  const units = (bins: Uint32Array, power: number) =>
    Float64Array.from({ length: model.metrics }, (_, metric) => {
      const quantile = tailQuantile(bins.subarray(metric * BINS, (metric + 1) * BINS), counts.windows);
      return (quantile / ORDINARY_TAIL) ** power;
    });
  const levelUnit = units(counts.levels, model.levelTail);
  return {
    ...model,
    residualUnit: units(counts.residuals, model.residualTail).map((unit, metric) => unit * model.near.sd[metric]!),
    levelUnit,
    // The cap of a constant is what any move of it counts: that grows with its unit, the common cap does not.
    levelCap: model.levelCap.map((cap, metric) => (cap < model.cap ? cap / levelUnit[metric]! : cap)),
  };
};

const count = (bins: Uint32Array, metric: number, value: number): void => {
  const bin = value <= 1 ? 0 : Math.min(BINS - 1, Math.floor(Math.log(value) / Math.log(BIN_FACTOR)));
  bins[metric * BINS + bin] = bins[metric * BINS + bin]! + 1;
};

/** The middle of the bin that one window in a thousand lies in or beyond; 1 at least. */
const tailQuantile = (bins: Uint32Array, windows: number): number => {
  let beyond = 0;
  let bin = BINS - 1;
  for (; bin > 0; bin--) {
    beyond += bins[bin]!;
    if (beyond >= Math.max(1, windows * TAIL_SHARE)) break;
  }
  return bin === 0 ? 1 : BIN_FACTOR ** (bin + 0.5);
};

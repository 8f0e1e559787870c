import { AppError } from "../../errors.ts";
import type { Scaling } from "../scaling.ts";

/** Consecutive rows of an entity, oldest first, row-major count × columns; NaN = missing. */
export type MetricRows = { values: Float64Array; columns: number; count: number };

/** Count, mean and sum of squared distances from the mean of each metric: merges, so parts of the rows can be summed apart. */
export type Moments = { count: Float64Array; mean: Float64Array; squares: Float64Array };

/** Moments of the values that are there, by Welford's update (1962): no cancellation, whatever the values' magnitude. */
export const momentsOf = ({ values, columns, count: rows }: MetricRows): Moments => {
  const moments = emptyMoments(columns);
  const { count, mean, squares } = moments;
  for (let at = 0; at < rows * columns; at++) {
    const value = values[at]!;
    if (Number.isNaN(value)) continue;
    const metric = at % columns;
    count[metric] = count[metric]! + 1;
    const distance = value - mean[metric]!;
    mean[metric] = mean[metric]! + distance / count[metric]!;
    squares[metric] = squares[metric]! + distance * (value - mean[metric]!);
  }
  return moments;
};

/** Moments of two parts together (Chan, Golub, LeVeque 1979): associative and commutative but for rounding. */
export const mergeMoments = (a: Moments, b: Moments): Moments => {
  const columns = a.count.length;
  if (columns !== b.count.length) {
    throw new AppError("VALIDATION", `moments of ${columns} metrics cannot be merged with those of ${b.count.length}`);
  }
  const merged = emptyMoments(columns);
  for (let metric = 0; metric < columns; metric++) {
    const count = a.count[metric]! + b.count[metric]!;
    if (count === 0) continue;
    const distance = b.mean[metric]! - a.mean[metric]!;
    const share = b.count[metric]! / count;
    merged.count[metric] = count;
    merged.mean[metric] = a.mean[metric]! * (1 - share) + b.mean[metric]! * share;
    merged.squares[metric] = a.squares[metric]! + b.squares[metric]! + distance ** 2 * a.count[metric]! * share;
  }
  return merged;
};

const emptyMoments = (columns: number): Moments => ({
  count: new Float64Array(columns),
  mean: new Float64Array(columns),
  squares: new Float64Array(columns),
});

/** A spread below this part of the metric's magnitude, or of 1, is rounding: the metric is constant. */
const CONSTANT_SPREAD = 1e-9;
/**
 * A move of a constant by `CONSTANT_SPREAD` scales to this, far beyond what scores 0: that it moves at all is the news.
 */
export const CONSTANT_MOVE = 10;

/** Mean and standard deviation of a metric, and whether it moved at all in the reference. */
export type MetricScaling = Scaling & { isConstant: boolean };

/**
 * Scaling per metric: (x − mean) / sd. A constant's scale is so small that any move beyond rounding reaches
 * `CONSTANT_MOVE`. Throws `VALIDATION` for a metric without values and for one that spreads too widely to be squared.
 */
export const metricScaling = ({ count, mean, squares }: Moments): MetricScaling[] =>
  Array.from(count, (rows, metric) => {
    if (rows === 0) throw new AppError("VALIDATION", `metric ${metric} has no values: nothing to learn from`);
    const center = mean[metric]!;
    const sd = Math.sqrt(squares[metric]! / rows);
    if (!Number.isFinite(center) || !Number.isFinite(sd)) {
      throw new AppError("VALIDATION", `metric ${metric} has values too large to take a standard deviation of`);
    }
    const rounding = CONSTANT_SPREAD * Math.max(1, Math.abs(center));
    return sd > rounding
      ? { center, scale: sd, isConstant: false }
      : { center, scale: rounding / CONSTANT_MOVE, isConstant: true };
  });

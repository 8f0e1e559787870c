import { FLOAT32_MAX } from "./float32.ts";

/** One feature's place and spread in the reference rows: scaled = (x − center) / scale. */
export type Scaling = { center: number; scale: number };

/** Makes the median absolute deviation of a normal distribution its standard deviation: 1 / Φ⁻¹(3/4). */
const MAD_TO_SD = 1.4826;

/**
 * Robust scaling of one feature: median and 1.4826 · MAD; when more than half of the values are equal (MAD 0) the standard
 * deviation; for a constant its own magnitude, so that "twice the constant" is 1; for a constant 0 it is 1.
 * Takes finite values, at least one, and sorts them in place.
 */
export const fitScaling = (values: Float64Array): Scaling => {
  const center = sortedMedian(values.sort());
  const distances = values.map((value) => Math.abs(value - center)).sort();
  // A spread that is smaller than rounding, or that overflows, says nothing: the next fallback takes over.
  const candidates = [MAD_TO_SD * sortedMedian(distances), standardDeviation(values), Math.abs(center)];
  const scale = candidates.find((candidate) => Number.isFinite(candidate) && candidate > Math.abs(center) * 1e-12);
  return { center, scale: scale ?? 1 };
};

/** Writes one row (a value per feature, NaN = missing stays NaN) to `out` from `at` on, as float32. */
export const scaleRow = (
  scaling: readonly Scaling[],
  row: ArrayLike<number>,
  out: Float32Array,
  at: number,
  from = 0,
): void => {
  for (let feature = 0; feature < scaling.length; feature++) {
    const { center, scale } = scaling[feature]!;
    // Beyond the largest float32 it is cut, so that it stays a number that compares.
    const scaled = (row[from + feature]! - center) / scale;
    out[at + feature] = scaled > FLOAT32_MAX ? FLOAT32_MAX : scaled < -FLOAT32_MAX ? -FLOAT32_MAX : scaled;
  }
};

const sortedMedian = (sorted: Float64Array): number => {
  const middle = sorted.length >> 1;
  // Halves first: the sum of two huge values would overflow.
  return sorted.length % 2 === 1 ? sorted[middle]! : sorted[middle - 1]! / 2 + sorted[middle]! / 2;
};

const standardDeviation = (values: Float64Array): number => {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2 / values.length;
  return Math.sqrt(squares);
};

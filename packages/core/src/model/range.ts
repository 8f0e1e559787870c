/**
 * Where a feature was in the reference rows, scaled. A forest cannot tell how far beyond its rows a value lies: a value just
 * above the highest and one a thousand times higher take the same path, and with many features neither stands out. So a
 * row's path is divided by 1 + e, where e is the distance beyond the range in units of `width`; see `isolationOf`.
 */
export type FeatureRange = { low: number; high: number; width: number };

/** The range of the rows, and the extremes that remain when the row that holds one is left out. */
export type FittedRange = FeatureRange & { secondLow: number; secondHigh: number };

/** Share of the range that counts as one unit beyond it. Chosen so that normal features alarm at 4 to 5 sigma. */
const WIDTH_SHARE = 0.25;
/**
 * Units for features that wander: by how far one row in ten of the newer half lies beyond the older half, times 16, so that a
 * steady trend may go on for some three times as long as it was watched.
 */
const WANDERING_SHARE = 0.1;
const WANDERING_UNITS = 16;
/** Width of a feature that never moved: its own magnitude, by which `fitScaling` scaled it. */
const CONSTANT_WIDTH = 1;

/** Takes the scaled values of one feature, at least two, oldest first. */
export const fitRange = (values: Float32Array): FittedRange => {
  const { low, high, secondLow, secondHigh } = extremes(values);
  const wandering = WANDERING_UNITS * wanderingDistance(values);
  const width = Math.max(WIDTH_SHARE * (high - low), wandering) || CONSTANT_WIDTH;
  return { low, high, width, secondLow, secondHigh };
};

/** How far a value lies beyond a range, in its widths; 0 inside, and for a missing value. */
export const excess = ({ low, high, width }: FeatureRange, value: number): number => {
  if (value > high) return (value - high) / width;
  if (value < low) return (low - value) / width;
  return 0;
};

/** The same for one of the values that the range was fitted to, as if it had not been among them. */
export const excessAmongOthers = (range: FittedRange, value: number): number => {
  const low = value === range.low ? range.secondLow : range.low;
  const high = value === range.high ? range.secondHigh : range.high;
  return excess({ low, high, width: range.width }, value);
};

/** Keeps the logarithm finite for a raw score that rounds to 1. */
const SHORTEST_PATH = 1e-6;

/**
 * What is calibrated: −ln of the row's path, relative to the average one, after division by 1 + excess. It grows with the
 * raw score 2^(−E / c), whose path is −log2 raw, but has no upper end, and the exponential tail of the calibration is a
 * power law of the distance beyond the range: heavy enough for features that are log-normal, or worse.
 */
export const isolationOf = (raw: number, rowExcess: number): number =>
  Math.log1p(rowExcess) - Math.log(Math.max(-Math.log2(raw), SHORTEST_PATH));

const extremes = (values: Float32Array) => {
  let [low, secondLow] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [high, secondHigh] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) [low, secondLow] = [value, low];
    else if (value < secondLow) secondLow = value;
    if (value > high) [high, secondHigh] = [value, high];
    else if (value > secondHigh) secondHigh = value;
  }
  return { low, secondLow, high, secondHigh };
};

/** Distance beyond the range of the older half that one in ten rows of the newer half passes; 0 for steady features. */
const wanderingDistance = (values: Float32Array): number => {
  const half = values.length >> 1;
  const older = { ...extremes(values.subarray(0, half)), width: 1 };
  const distances = Float64Array.from(values.subarray(half), (value) => excess(older, value)).sort();
  return distances[Math.floor(distances.length * (1 - WANDERING_SHARE))]!;
};

/** Rows of the highest and the lowest value, and of the spread. */
const HIGHEST_ROWS = 16;
const LOWEST_ROWS = 6;
const SPREAD_ROWS = 24;

/** Recent values that the views look at. */
export const RECENT = SPREAD_ROWS;

/**
 * What is derived from the last values, and by how much each view's score is lowered. All handicaps were chosen together:
 * a view that is an equal partner without being needed costs more in false alarms than it finds.
 */
export const VIEWS = [
  { name: "highest", handicap: 0 },
  { name: "residual", handicap: 0 },
  { name: "lowest", handicap: 0.8 },
  { name: "spread", handicap: 0.5 },
  { name: "jump", handicap: 0.4 },
  { name: "seasonal", handicap: 0.4 },
] as const;
export type ViewName = (typeof VIEWS)[number]["name"];
export const RESIDUAL_VIEW = 1;
export const SPREAD_VIEW = 3;
export const SEASONAL_VIEW = 5;

/** Keeps the logarithm of the spread finite for a series that never moved. */
const SMALLEST_SPREAD = 1e-30;

/**
 * Fills `out` with float32 numbers, one per view but the seasonal one: the highest of 16 values and the lowest of 6, the
 * distance from the level, the step from the value before, and ln of the standard deviation of 24 above `spreadFloor`.
 * `recent` is a ring whose last `filled` places up to `newest` are valid. Returns the standard deviation.
 */
export const deriveViews = (
  recent: Float32Array,
  newest: number,
  filled: number,
  level: number,
  out: Float32Array,
): number => {
  const value = recent[newest]!;
  let highest = value;
  let lowest = value;
  let sum = 0;
  for (let back = 0; back < filled; back++) {
    const earlier = recent[back <= newest ? newest - back : newest - back + RECENT]!;
    if (back < HIGHEST_ROWS && earlier > highest) highest = earlier;
    if (back < LOWEST_ROWS && earlier < lowest) lowest = earlier;
    sum += earlier;
  }
  out[0] = highest;
  out[RESIDUAL_VIEW] = value - level;
  out[2] = lowest;
  out[4] = filled > 1 ? value - recent[(newest + RECENT - 1) % RECENT]! : 0;
  return standardDeviation(recent, newest, filled, sum / filled);
};

/** Of the population, in two passes: the mean may be large against the spread. */
const standardDeviation = (recent: Float32Array, newest: number, filled: number, mean: number): number => {
  let squares = 0;
  for (let back = 0; back < filled; back++) {
    const deviation = recent[back <= newest ? newest - back : newest - back + RECENT]! - mean;
    squares += deviation * deviation;
  }
  return Math.sqrt(squares / filled);
};

/** ln of a spread: a flat line is as far from the usual spread as a storm. */
export const spreadView = (spread: number, floor: number): number => Math.log(spread + floor + SMALLEST_SPREAD);

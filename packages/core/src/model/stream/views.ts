/** Rows of the highest and the spread, and of the lowest. */
const HIGHEST_ROWS = 16;
const SPREAD_ROWS = 12;
const LOWEST_ROWS = 6;

/** Recent values that the views look at. */
export const RECENT = HIGHEST_ROWS;

/**
 * What is derived from the last values of a series, and by how much each view's score is lowered: dips are more often
 * harmless than peaks, and would cost more in false alarms than they find if they were an equal partner.
 */
export const VIEWS = [
  { name: "highest", handicap: 0 },
  { name: "spread", handicap: 0 },
  { name: "residual", handicap: 0 },
  { name: "lowest", handicap: 0.8 },
] as const;
export const RESIDUAL_VIEW = 2;

/**
 * Fills `out` with float32 numbers, one per view: the highest of 16 values, the standard deviation of 12, the distance
 * from the level, the lowest of 6. `recent` is a ring of which `filled` places are valid and `newest` is the last.
 */
export const deriveViews = (
  recent: Float32Array,
  newest: number,
  filled: number,
  level: number,
  out: Float32Array,
): void => {
  const value = recent[newest]!;
  let highest = value;
  let lowest = value;
  let sum = 0;
  for (let back = 0; back < Math.min(filled, RECENT); back++) {
    const earlier = recent[(newest - back + RECENT) % RECENT]!;
    if (earlier > highest) highest = earlier;
    if (back < LOWEST_ROWS && earlier < lowest) lowest = earlier;
    if (back < SPREAD_ROWS) sum += earlier;
  }
  out[0] = highest;
  out[1] = standardDeviation(recent, newest, Math.min(filled, SPREAD_ROWS), sum);
  out[RESIDUAL_VIEW] = value - level;
  out[3] = lowest;
};

/** Of the population, in two passes: the mean may be large against the spread. */
const standardDeviation = (recent: Float32Array, newest: number, rows: number, sum: number): number => {
  const mean = sum / rows;
  let squares = 0;
  for (let back = 0; back < rows; back++) {
    const deviation = recent[(newest - back + RECENT) % RECENT]! - mean;
    squares += deviation * deviation;
  }
  return Math.sqrt(squares / rows);
};

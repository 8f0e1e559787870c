/** Where a feature usually is and how far it usually strays: the expected value and the band around it. */
export type Levels = { rows: number; levels: Float64Array; spreads: Float64Array };

/** Weight of a new row once learning is warm: an exponential memory of about 32 rows, half a minute to half an hour. */
const WEIGHT = 1 / 32;
/** Innovations beyond this many spreads are cut (Huber's idea): one wild normal row moves the level only a little. */
const CLIP_SPREADS = 4;
/** Rows that are learnt uncut, because the spread is not known yet. */
const UNCUT_ROWS = 10;
/** Share of the level that counts as spread when there is none, so that a feature that was constant can move again. */
const SPREAD_FLOOR = 1e-3;
const TINY = 1e-9;
/** Half the band: three standard deviations, which are √(π/2) mean absolute deviations of a normal distribution. */
const BAND_SPREADS = 3 * Math.sqrt(Math.PI / 2);
/** Keeps differences of huge values finite. */
const LARGEST = Number.MAX_VALUE / 4;

export const freshLevels = (features: number): Levels => ({
  rows: 0,
  levels: new Float64Array(features),
  spreads: new Float64Array(features),
});

/**
 * Learns one normal row: exponentially weighted level and mean absolute deviation, with the weight 1/(n+1) while young
 * so that the first rows count alike.
 */
export const learn = (to: Levels, values: Float64Array, at: number): void => {
  const { levels, spreads } = to;
  const weight = Math.max(WEIGHT, 1 / (to.rows + 1));
  for (let feature = 0; feature < levels.length; feature++) {
    const value = bounded(values[at + feature]!, LARGEST);
    const level = levels[feature]!;
    const spread = spreads[feature]!;
    if (to.rows === 0) {
      levels[feature] = value;
      continue;
    }
    const limit = CLIP_SPREADS * (spread + SPREAD_FLOOR * Math.abs(level) + TINY);
    const innovation = to.rows < UNCUT_ROWS ? value - level : bounded(value - level, limit);
    levels[feature] = level + weight * innovation;
    spreads[feature] = spread + weight * (Math.abs(innovation) - spread);
  }
  to.rows++;
};

/** Half the width of the band per feature. */
export const bandInto = ({ spreads }: Levels, out: Float64Array): void => {
  for (let feature = 0; feature < spreads.length; feature++) out[feature] = BAND_SPREADS * spreads[feature]!;
};

const bounded = (value: number, limit: number) => Math.max(-limit, Math.min(limit, value));

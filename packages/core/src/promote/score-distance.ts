import { type ModelTally, rowsFrom } from "./tally.ts";

/** Scores at which the rows are cut: a calibrated score of s is reached by a share of 10^−s. */
const CUTS = [0, 0.5, 1, 1.5, 2];
/** A bin counts as half a row at least, otherwise one that is empty is infinitely far off. */
const LEAST_ROWS = 0.5;
/**
 * Population stability index from which on a distribution counts as another one: "below 0.10 no significant change, 0.10 to
 * 0.25 a small one, above 0.25 a major shift" (Siddiqi, Credit Risk Scorecards, 2006).
 */
export const DISTANCE_MAX = 0.25;

type Scores = Pick<ModelTally, "rows" | "histogram">;

/**
 * Population stability index, Σ (a − e) · ln(a / e), between the scores as they are and as the calibration says that those of
 * ordinary rows would be.
 */
export const scoreDistance = (scores: Scores): number => {
  let distance = 0;
  for (const [at, cut] of CUTS.entries()) {
    const next = CUTS[at + 1];
    const expected = 10 ** -cut - (next === undefined ? 0 : 10 ** -next);
    const rows = rowsFrom(scores, cut) - (next === undefined ? 0 : rowsFrom(scores, next));
    const actual = Math.max(rows, LEAST_ROWS) / Math.max(scores.rows, 1);
    distance += (actual - expected) * Math.log(actual / expected);
  }
  return distance;
};

/** No row is as strange as one in ten should be: the score does not move. */
export const isSilent = (scores: Scores): boolean => rowsFrom(scores, 1) === 0;

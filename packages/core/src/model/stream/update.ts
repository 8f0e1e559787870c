import { distanceOfScore, scoreNovelty } from "./novelty.ts";
import type { StreamState } from "./state.ts";
import { deriveViews, RECENT, RESIDUAL_VIEW, VIEWS } from "./views.ts";

/** Rate of the moving average. */
const LEVEL_RATE = 0.08;
/** Rows before the first score. */
export const OUTPUT_AFTER = 150;
/**
 * Rows are many tests of one question: a constant rate of false alarms would be a growing number of them. Evidence is
 * lowered by half a power of the rows seen, relative to 1,000, halfway to a constant number.
 */
const DISCOUNT = 0.5;
const DISCOUNT_ROWS = 1000;
const DISCOUNT_ROWS_MIN = 100;
const DISCOUNT_ROWS_MAX = 20_000;
/** Evidence is lowered by so much for each alarm of about the last 1,000 rows. */
const HABITUATION = 0.03;
const ALARM_MEMORY = 0.999;
/** Evidence that counts as one alarm. */
const ALARM_EVIDENCE = 2.3;
/** Per row: what was reported is half forgotten after 230 rows. */
const HOLD = 0.997;
/** Values this far from the first one are taken for that far: squares of larger ones leave the range of float32. */
const LARGEST = 1e37;

export type StreamRow = {
  /** Rarity of what is new in this row; 0 when it only continues what was reported, or during the warm-up. */
  score: number;
  /** The same whether reported before or not. */
  evidence: number;
  expected: number;
  lower: number;
  upper: number;
};

const derived = new Float32Array(VIEWS.length);

/**
 * Scores the next value of a series by what came before, then, when `learn`, learns it. Without `learn` only the window
 * moves on and what was reported is forgotten as ever. A value that is not finite counts as missing and changes nothing.
 */
export const updateStream = (state: StreamState, value: number, learn: boolean, threshold: number): StreamRow => {
  const discount = discountOf(state);
  const row = { score: 0, evidence: 0, expected: state.origin + state.level, lower: Number.NaN, upper: Number.NaN };
  if (!Number.isFinite(value)) return row;
  push(state, value, learn);
  row.expected = state.origin + state.level;
  band(state, threshold + discount, row);
  deriveViews(state.recent, state.newest, state.filled, state.level, derived);
  let strongest = 0;
  for (let index = 0; index < VIEWS.length; index++) {
    const score = scoreNovelty(state.views[index]!, derived[index]!, state.rows, learn) - VIEWS[index]!.handicap;
    if (score > strongest) strongest = score;
  }
  row.evidence = strongest - discount;
  if (row.evidence > state.held && state.rows >= OUTPUT_AFTER) {
    row.score = row.evidence;
    state.alarms += Math.min(1, 10 ** (row.evidence - ALARM_EVIDENCE));
  }
  state.alarms = Math.fround(state.alarms * ALARM_MEMORY);
  state.held = Math.fround(Math.max(row.evidence, state.held * HOLD));
  if (!learn) return row;
  state.level += LEVEL_RATE * (state.recent[state.newest]! - state.level);
  state.rows++;
  return row;
};

const discountOf = ({ rows, alarms }: StreamState): number => {
  const counted = Math.min(DISCOUNT_ROWS_MAX, Math.max(rows, DISCOUNT_ROWS_MIN));
  return DISCOUNT * Math.log10(counted / DISCOUNT_ROWS) + HABITUATION * alarms;
};

const push = (state: StreamState, value: number, learn: boolean): void => {
  // −0 would make equal numbers of different bytes.
  if (state.rows === 0 && learn) state.origin = value + 0;
  const relative = Math.min(LARGEST, Math.max(-LARGEST, value - state.origin)) + 0;
  state.newest = (state.newest + 1) % RECENT;
  state.filled = Math.min(state.filled + 1, RECENT);
  state.recent[state.newest] = relative;
};

/** Values between the bounds would not be reported for their distance from the level; holes in between may be. */
const band = ({ origin, level, views }: StreamState, score: number, row: StreamRow): void => {
  const residual = views[RESIDUAL_VIEW]!;
  if (residual.count === 0) return;
  const distance = distanceOfScore(residual, score);
  row.lower = origin + level + residual.prototypes[0]! - distance;
  row.upper = origin + level + residual.prototypes[residual.count - 1]! + distance;
};

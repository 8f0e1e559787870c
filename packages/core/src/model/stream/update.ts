import { distanceOfScore, learnNovelty, scoreNovelty } from "./novelty.ts";
import { advanceSeason, learnSeason, seasonalValue, seasonHelps } from "./season.ts";
import type { StreamState } from "./state.ts";
import {
  deriveViews,
  RECENT,
  RESIDUAL_VIEW,
  SEASONAL_VIEW,
  SPREAD_VIEW,
  spreadView,
  VIEWS,
  type ViewName,
} from "./views.ts";

/** Rate of the moving averages. */
const LEVEL_RATE = 0.08;
/** Smaller spreads than this share of the largest are not told apart; per row it is forgotten by so much. */
const SPREAD_SHARE = 0.02;
const SPREAD_KEPT = 0.9999;
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
const HABITUATION = 0.06;
const ALARM_MEMORY = 0.999;
/** Evidence that counts as one alarm. */
const ALARM_EVIDENCE = 2.3;
/** Per row: what was reported is half forgotten after 230 rows. */
const HOLD = 0.997;
/**
 * From evidence to a score, −log10 of the share of rows that are reported as this strange or stranger: two straight lines
 * through what was measured, which meet at the threshold of the default sensitivity.
 */
const DEFAULT_THRESHOLD = 3.5;
const DEFAULT_EVIDENCE = 2.05;
const SLOPE_BELOW = 2;
const SLOPE_ABOVE = 1.1;
/** The most that a row can score which only continues what was reported, and how far it stays below any threshold. */
const CONTINUED_SCORE_MAX = 3.3;
const CONTINUED_BELOW = 0.2;
/** Rows of an incident that score this much, one row in a hundred, are not learnt; ordinary ones in between are. */
const UNUSUAL_SCORE = 2;
/** Rows below the threshold, one after the other, that end the pause. */
const QUIET_ROWS = 5;
/** Trouble that is over keeps no other quiet that scores 4.5. */
const HELD_AFTER_PAUSE = 3;
/** What lasts longer is the new normal: four hours of a series with a row every five minutes. */
const PAUSE_ROWS = 48;
/** The resolution of a probability, as of all families. */
const SCORE_MAX = 16;
/** Values this far from the first one are taken for that far: the sum of a day of larger ones leaves the range of float32. */
const LARGEST = 1e30;

export type StreamRow = {
  /** −log10 of the share of rows as strange as this; below the default threshold when it only continues what was reported. */
  score: number;
  /** The same whether reported before or not: says whether the trouble lasts. */
  evidence: number;
  /** What is strangest about the row; null when nothing is. */
  view: ViewName | null;
  expected: number;
  /** Outside of these the distance from what was expected would be reported. */
  lower: number;
  upper: number;
};

const derived = new Float32Array(VIEWS.length);

/**
 * Scores the next value of a series by what came before, then learns it, unless it belongs to an incident: the row that
 * opens one is learnt, unusual rows that follow are not, until five rows in a row are below the threshold, or for 48 rows.
 * Of a row that is not learnt only the recent window keeps anything. A value that is not finite is missing: it changes
 * nothing and scores 0. Rows are taken in the order of the calls; the timestamp says the time of day and the weekday only.
 * @param threshold the score that opens an incident, and for which the band is made
 */
export const updateStream = (
  state: StreamState,
  value: number,
  timestampMs: number,
  threshold = DEFAULT_THRESHOLD,
): StreamRow => {
  const { season } = state;
  const isMissing = !Number.isFinite(value);
  if (!isMissing) {
    push(state, value);
    advanceSeason(season, timestampMs);
  }
  const seasonal = seasonalValue(season, timestampMs);
  const row = expectation(state, seasonal, threshold);
  if (isMissing) return row;
  const relative = state.recent[state.newest]!;
  const spread = deriveViews(state.recent, state.newest, state.filled, state.level, derived);
  const spreadFloor = Math.fround(Math.max(state.spreadFloor * SPREAD_KEPT, SPREAD_SHARE * spread));
  derived[SPREAD_VIEW] = spreadView(spread, spreadFloor);
  derived[SEASONAL_VIEW] = relative - seasonal;
  const evidence = strongestOf(state, row) - discountOf(state);
  const isNew = evidence > state.held;
  if (state.rows >= OUTPUT_AFTER) {
    row.evidence = scoreOf(evidence);
    row.score = isNew ? row.evidence : Math.min(row.evidence, CONTINUED_SCORE_MAX, threshold - CONTINUED_BELOW);
    if (isNew) state.alarms += Math.min(1, 10 ** (evidence - ALARM_EVIDENCE));
  }
  state.alarms = Math.fround(state.alarms * ALARM_MEMORY);
  const isLearnt = !stepPause(state, row, threshold);
  // While nothing is learnt, nothing is forgotten: a lasting fault is one report.
  state.held = Math.fround(Math.max(evidence, isLearnt ? state.held * HOLD : state.held));
  if (!isLearnt) return row;
  for (let index = 0; index < VIEWS.length; index++) {
    if (!Number.isNaN(derived[index])) learnNovelty(state.views[index]!, derived[index]!);
  }
  learnSeason(season, relative, timestampMs, relative - seasonal, relative - state.level, LEVEL_RATE);
  state.level = Math.fround(state.level + LEVEL_RATE * (relative - state.level));
  state.spreadFloor = spreadFloor;
  state.rows++;
  return row;
};

const push = (state: StreamState, value: number): void => {
  // Adding 0 turns −0 into 0: equal numbers have equal bytes.
  if (state.filled === 0) state.origin = value + 0;
  state.newest = (state.newest + 1) % RECENT;
  state.filled = Math.min(state.filled + 1, RECENT);
  state.recent[state.newest] = Math.min(LARGEST, Math.max(-LARGEST, value - state.origin)) + 0;
};

/** Score of the strongest view, which the row names. */
const strongestOf = ({ views }: StreamState, row: StreamRow): number => {
  let strongest = 0;
  for (let index = 0; index < VIEWS.length; index++) {
    if (Number.isNaN(derived[index])) continue;
    const score = scoreNovelty(views[index]!, derived[index]!) - VIEWS[index]!.handicap;
    if (score <= strongest) continue;
    strongest = score;
    row.view = VIEWS[index]!.name;
  }
  return strongest;
};

/** Whether the row is one that an incident keeps from being learnt. Begins, counts and ends the pause. */
const stepPause = (state: StreamState, row: StreamRow, threshold: number): boolean => {
  const isPaused = state.pausedRows > 0;
  const isKept = isPaused && state.pausedRows < PAUSE_ROWS && row.evidence >= Math.min(UNUSUAL_SCORE, threshold);
  if (isPaused) state.pausedRows = Math.min(state.pausedRows + 1, PAUSE_ROWS);
  else if (row.score >= threshold) state.pausedRows = 1;
  state.quietRows = row.evidence >= threshold ? 0 : Math.min(state.quietRows + 1, QUIET_ROWS);
  if (isPaused && state.quietRows === QUIET_ROWS) {
    state.pausedRows = 0;
    state.held = Math.min(state.held, HELD_AFTER_PAUSE);
  }
  return isKept;
};

const discountOf = ({ rows, alarms }: StreamState): number => {
  const counted = Math.min(DISCOUNT_ROWS_MAX, Math.max(rows, DISCOUNT_ROWS_MIN));
  return DISCOUNT * Math.log10(counted / DISCOUNT_ROWS) + HABITUATION * alarms;
};

const scoreOf = (evidence: number): number => {
  const above = evidence - DEFAULT_EVIDENCE;
  const score = DEFAULT_THRESHOLD + above * (above < 0 ? SLOPE_BELOW : SLOPE_ABOVE);
  return Math.min(SCORE_MAX, Math.max(0, score));
};
const evidenceOf = (score: number): number => {
  const above = score - DEFAULT_THRESHOLD;
  return DEFAULT_EVIDENCE + above / (above < 0 ? SLOPE_BELOW : SLOPE_ABOVE);
};

/** The band holds what was ever usual: it ends where a distance from what was expected would be reported. */
const expectation = (state: StreamState, seasonal: number, threshold: number): StreamRow => {
  const { origin, level, season, views } = state;
  const isSeasonal = seasonHelps(season) && !Number.isNaN(seasonal);
  const expected = origin + (isSeasonal ? seasonal : level);
  const view = isSeasonal ? SEASONAL_VIEW : RESIDUAL_VIEW;
  const { prototypes, count } = views[view]!;
  const row: StreamRow = { score: 0, evidence: 0, view: null, expected, lower: expected, upper: expected };
  if (count === 0) return row;
  const distance = distanceOfScore(views[view]!, evidenceOf(threshold) + discountOf(state) + VIEWS[view]!.handicap);
  row.lower += prototypes[0]! - distance;
  row.upper += prototypes[count - 1]! + distance;
  return row;
};

import { budgetLimit } from "./alarm-budget.ts";
import { LOWEST_THRESHOLD } from "./threshold.ts";

/** Seven days: what a limit is judged by. */
export const ALARM_HOURS = 168;
const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** However few bursts they form, at most this share of the hours may lie above, or as many as the budget has bursts. */
const HOURS_SHARE = 0.05;
/** Scores, 0 to 16, are kept in steps of a sixteenth. */
const STEPS = 16;
const HIGHEST_STEP = 254;
/** From less than a day nobody can tell what a day brings. */
const HOURS_MIN = 24;

/**
 * What a series with an alarm budget remembers: the highest score of each hour of the last week, 168 bytes, and the limit
 * that came of them when the day began.
 */
export type AlarmMemory = {
  /** A ring by hour of the epoch, in steps plus 1; 0 for hours without a scored row. */
  hours: Uint8Array;
  /** Hour of the epoch, 0 before the first row. */
  newestHour: number;
  /** Steps plus 1 that a score must pass; 0 for no limit. */
  limit: number;
};

export const freshAlarmMemory = (): AlarmMemory => ({ hours: new Uint8Array(ALARM_HOURS), newestHour: 0, limit: 0 });

/**
 * The score that a row must reach to be an alarm: the budget's limit, but not below what the highest sensitivity asks for; on
 * the first day, when there is none, the detector's own threshold.
 */
export const budgetThreshold = ({ limit }: AlarmMemory, threshold: number): number =>
  limit === 0 ? threshold : Math.max(LOWEST_THRESHOLD, limit / STEPS);

/**
 * Notes the score of a row. With the first row of a day (UTC) the limit is set anew: the lowest above which the hours before
 * it would have alarmed in at most `perDay` bursts a day, hours next to each other being one burst.
 */
export const rememberScore = (memory: AlarmMemory, timestampMs: number, score: number, perDay: number): void => {
  const hour = Math.floor(timestampMs / HOUR_MS);
  if (hour > memory.newestHour) advance(memory, hour, perDay);
  if (hour <= memory.newestHour - ALARM_HOURS) return;
  const step = 1 + Math.min(HIGHEST_STEP, Math.floor(score * STEPS));
  const slot = slotOf(hour);
  if (memory.hours[slot]! < step) memory.hours[slot] = step;
};

const slotOf = (hour: number): number => ((hour % ALARM_HOURS) + ALARM_HOURS) % ALARM_HOURS;
const dayOf = (hour: number): number => Math.floor(hour / DAY_HOURS);

const advance = (memory: AlarmMemory, hour: number, perDay: number): void => {
  if (dayOf(hour) !== dayOf(memory.newestHour)) memory.limit = limitOf(memory, perDay);
  const forgotten = Math.min(ALARM_HOURS, hour - memory.newestHour);
  for (let back = 0; back < forgotten; back++) memory.hours[slotOf(hour - back)] = 0;
  memory.newestHour = hour;
};

const limitOf = ({ hours, newestHour }: AlarmMemory, perDay: number): number => {
  const timestamps: number[] = [];
  const scores: number[] = [];
  for (let hour = newestHour - ALARM_HOURS + 1; hour <= newestHour; hour++) {
    const step = hours[slotOf(hour)]!;
    if (step === 0) continue;
    timestamps.push(hour * HOUR_MS);
    scores.push(step);
  }
  if (scores.length < HOURS_MIN) return 0;
  const rowsShare = Math.max(HOURS_SHARE, perDay / DAY_HOURS);
  return budgetLimit({ timestamps, scores }, { burstsPerDay: perDay, mergeMs: HOUR_MS, rowsShare }) ?? 0;
};

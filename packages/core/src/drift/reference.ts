import { HOURS_A_DAY } from "./hour.ts";
import { medianOf, poolWindow, type StatisticRule } from "./statistics.ts";

/** What one statistic of one feature did in the reference: enough to judge later hours. */
export type StatisticReference = {
  /** What is usual at each hour of the day; 24 equal numbers where the day makes no difference. */
  profile: number[];
  limit: number;
  /** Root mean square of the reference's own windows. */
  rms: number;
  /** Windows in the reference that do not overlap, less one: degrees of freedom of Student's t. */
  freedom: number;
  /** Residuals of the reference's last hours, which the first windows after it begin with. */
  tail: (number | null)[];
};

/** So few say nothing about a spread. */
const LEAST_FREEDOM = 3;
/** A statistic that never moved in the reference still has a spread to divide by. */
const LEAST_RMS = 1e-9;

/**
 * The reference's own ups and downs: each day is compared with the other days (leave one out), and windows move over these
 * residuals end to end. So the limit holds what the hours have in common with each other, and nothing is assumed of their
 * distribution or independence. A day's profile is used only if it foretells left-out days better than one level does.
 *
 * @param hours the statistic of each hour, NaN for unknown; whole days, at least one
 * @param firstSlot hour of the day of the first
 */
export const referenceOf = (hours: readonly number[], rule: StatisticRule, firstSlot = 0): StatisticReference => {
  const days = Array.from({ length: Math.floor(hours.length / HOURS_A_DAY) }, (_, day) =>
    hours.slice(day * HOURS_A_DAY, (day + 1) * HOURS_A_DAY),
  );
  const flat = residuals(days, (others) => new Array<number>(HOURS_A_DAY).fill(medianOf(others.flat())));
  // One day alone has no others: it is held against its own median.
  const seasonal = days.length > 1 ? residuals(days, profileOf) : flat;
  const usesProfile = meanSize(seasonal) < meanSize(flat);
  const own = usesProfile ? seasonal : flat;
  const level = usesProfile ? profileOf(days) : new Array<number>(HOURS_A_DAY).fill(orZero(medianOf(days.flat())));
  const profile = level.map((_, slot) => orZero(level[(slot + HOURS_A_DAY - firstSlot) % HOURS_A_DAY]!));
  const windows = movingWindows(own, rule).filter((value) => !Number.isNaN(value));
  const rms = Math.sqrt(windows.reduce((sum, value) => sum + value ** 2, 0) / Math.max(1, windows.length));
  const base = rule.base === "rms" ? rms : windows.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return {
    profile,
    limit: Math.max(rule.factor * base, rule.leastEffect),
    rms: Math.max(rms, LEAST_RMS),
    freedom: Math.max(LEAST_FREEDOM, Math.floor(own.length / rule.window) - 1),
    tail: own.slice(own.length - (rule.window - 1)).map((value) => (Number.isNaN(value) ? null : value)),
  };
};

/** What is left of each hour after what is usual at it, and before it the reference's last ones. */
export const residualsAfter = (
  { profile, tail }: StatisticReference,
  hours: readonly number[],
  firstSlot: number,
): number[] => [
  ...tail.map((value) => value ?? Number.NaN),
  ...hours.map((value, at) => value - profile[(firstSlot + at) % HOURS_A_DAY]!),
];

/** The statistic of each window of the rule's length; NaN where too little of it is known. */
export const movingWindows = (residual: readonly number[], { window, pool }: StatisticRule): number[] =>
  Array.from({ length: Math.max(0, residual.length - window + 1) }, (_, at) =>
    poolWindow(residual.slice(at, at + window), pool),
  );

const residuals = (days: readonly number[][], usual: (others: readonly number[][]) => number[]): number[] =>
  days.flatMap((day, left) => {
    const others = days.filter((_, at) => at !== left);
    const expected = usual(others.length > 0 ? others : days);
    return day.map((value, slot) => value - expected[slot]!);
  });

/** Median of each hour over the days, smoothed over its neighbours by ¼, ½, ¼. */
const profileOf = (days: readonly number[][]): number[] => {
  const all = medianOf(days.flat());
  const medians = Array.from({ length: HOURS_A_DAY }, (_, slot) => {
    const median = medianOf(days.map((day) => day[slot]!));
    return Number.isNaN(median) ? all : median;
  });
  const at = (slot: number) => medians[(slot + HOURS_A_DAY) % HOURS_A_DAY]!;
  return medians.map((median, slot) => 0.25 * at(slot - 1) + 0.5 * median + 0.25 * at(slot + 1));
};

const meanSize = (values: readonly number[]): number => {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, known.length);
};
const orZero = (value: number) => (Number.isNaN(value) ? 0 : value);

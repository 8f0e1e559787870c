import type { Table } from "../../store/ports.ts";
import { listSeries, readPoints, type SeriesHead } from "../../store/read-series.ts";
import { rateDetectorId } from "../detector.ts";

/** Silence that its past makes less likely than this is no chance. */
const MOST_CHANCE = 1e-6;
/** … and it must be so many times longer than any silence before: lines of working hours stop every night. */
const LONGER_THAN_EVER = 2;

/** All in intervals of the rate detector, counted since the first line of the template. */
export type Silence = {
  /** Intervals until the last line, those without lines too. */
  intervals: number;
  /** Of these, the ones with lines. */
  active: number;
  /** Since the last line, only those in which other templates had lines: a log that stops makes nothing vanish. */
  silent: number;
  /** Longest run of intervals without a line before. */
  longestGap: number;
};

/** What a past must have shown to be one: fewer lines, or all of them in a moment, were an event and no habit. */
const [LEAST_ACTIVE, LEAST_INTERVALS] = [10, 30];

/**
 * Probability that a template with this past is silent for so long by chance. Each interval has a line, or several,
 * with a probability p that is unknown: uniform before, so Beta(a, N − a + 1) once a − 1 of the N − 1 intervals after
 * the first had lines. Then n intervals without a line have the probability
 * E(1 − p)ⁿ = ∏ (N − a + j) / (N − a + j + n), j = 1 … a.
 * With much known it is Poisson's e^(−λn), but that lines which come in bursts count once.
 */
export const silenceChance = ({ intervals, active, silent }: Silence): number => {
  let log = 0;
  for (let j = 1; j <= active; j++) log -= Math.log1p(silent / (intervals - active + j));
  return Math.exp(log);
};

export const hasVanished = (silence: Silence): boolean =>
  silence.active >= LEAST_ACTIVE &&
  silence.intervals >= LEAST_INTERVALS &&
  silence.silent > LONGER_THAN_EVER * silence.longestGap &&
  silenceChance(silence) < MOST_CHANCE;

/** How often a template comes, from its series of a log detector with `rates`. */
export type TemplateRate = {
  lines: number;
  lastMs: number;
  /** Of the intervals until then. */
  linesPerInterval: number;
  hasVanished: boolean;
};

/** Series looked at: as many as `rates.maxTemplates` allows. */
const MAX_SERIES = 1000;
/** The series that tell whether the log goes on: the busiest ones, so that one of them is not the silent one itself. */
const WITNESSES = 2;
/** Intervals of a series that are read. */
const MAX_POINTS = 5000;

/** Rates by template, by the time of the lines and no clock: the same log gives the same answer at any time. */
export const templateRates = async (
  table: Table,
  detectorId: string,
  intervalMs: number,
): Promise<Map<string, TemplateRate>> => {
  const id = rateDetectorId(detectorId);
  const listed = await listSeries(table, id, { limit: MAX_SERIES });
  // A series whose lines all had wrong clocks has no interval.
  const series = listed.filter(({ head }) => head.state.newestMs > 0);
  const busiest = series.toSorted((a, b) => b.head.counts.events - a.head.counts.events).slice(0, WITNESSES);
  const oldest = Math.min(...series.map(({ head }) => head.state.newestMs));
  const activity = new Set<number>();
  for (const { entity } of busiest) {
    for (const ms of await activeIntervals(table, id, entity, oldest)) activity.add(ms);
  }
  const rates = new Map<string, TemplateRate>();
  for (const one of series) {
    const { newestMs } = one.head.state;
    const silent = [...activity].filter((ms) => ms > newestMs).length;
    const past = { ...pastOf(one, intervalMs), silent, longestGap: 0 };
    const isCandidate = hasVanished(past);
    // Only of the few that are silent for long is the past read.
    const longestGap = isCandidate ? await longestGapOf(table, id, one.entity, intervalMs) : 0;
    rates.set(one.entity, {
      lines: one.head.counts.events,
      lastMs: newestMs,
      linesPerInterval: one.head.counts.events / Math.max(1, past.intervals),
      hasVanished: isCandidate && hasVanished({ ...past, longestGap }),
    });
  }
  return rates;
};

/** Intervals that are open yet are not counted by the series, nor those without lines that lie between them. */
const pastOf = ({ head: { counts, state } }: SeriesHead, intervalMs: number): Pick<Silence, "intervals" | "active"> => {
  const closed = counts.scored + counts.warmingUp;
  const fromMs = state.closedUntilMs || state.buckets[0]![0]!;
  const open = Math.max(0, Math.floor((state.newestMs - fromMs) / intervalMs) + 1);
  return { active: closed + state.buckets.length, intervals: closed + counts.imputed + counts.skipped + open };
};

const activeIntervals = async (table: Table, id: string, entity: string, fromMs?: number): Promise<number[]> => {
  const points = await readPoints(table, id, entity, { fromMs, limit: MAX_POINTS });
  return points.filter(({ values }) => values[0]! > 0).map(({ timestampMs }) => timestampMs);
};

const longestGapOf = async (table: Table, id: string, entity: string, intervalMs: number): Promise<number> => {
  const times = await activeIntervals(table, id, entity);
  const gaps = times.slice(1).map((ms, index) => Math.round((ms - times[index]!) / intervalMs) - 1);
  return Math.max(0, ...gaps);
};

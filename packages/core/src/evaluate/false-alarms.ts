import { type EventRows, eventOfRows } from "./events.ts";
import { byFallingScore } from "./ranking.ts";

const DAY_MS = 86_400_000;
/** Alarms outside events that are no further apart are one false alarm: somebody looks once. */
const MERGE_MS = 3_600_000;

/** First and last time of alarms outside events, each at most `MERGE_MS` after the one before. */
type Burst = [fromMs: number, toMs: number];

/**
 * Share of the events that are found when the threshold falls from the highest score for as long as there are no more
 * false alarms than `perDay` times the days that were watched (one at least). A false alarm is a burst: alarmed rows
 * outside events that are no more than an hour apart. The threshold is chosen with the labels: this is what a score
 * could do, not what a detector does.
 * @param timestamps epoch milliseconds of the rows, ascending; a few that step back do no harm
 */
export const eventRecallAt = (
  perDay: number,
  timestamps: Float64Array,
  scores: Float64Array,
  events: readonly EventRows[],
): number => {
  const allowed = Math.max(1, perDay * daysOf(timestamps));
  const eventOf = eventOfRows(scores.length, events);
  const bursts: Burst[] = [];
  const found = new Set<number>();
  for (const rows of byFallingScore(scores)) {
    const newlyFound: number[] = [];
    for (const row of rows) {
      if (eventOf[row]! >= 0) newlyFound.push(eventOf[row]!);
      else addAlarm(bursts, timestamps[row]!);
    }
    if (bursts.length > allowed) break;
    for (const event of newlyFound) found.add(event);
  }
  return found.size / events.length;
};

/** False alarms a day of those rows that are flagged. */
export const falseAlarmsPerDay = (
  timestamps: Float64Array,
  isFlagged: ArrayLike<number>,
  events: readonly EventRows[],
): number => {
  const eventOf = eventOfRows(timestamps.length, events);
  const bursts: Burst[] = [];
  timestamps.forEach((timestamp, row) => {
    if (isFlagged[row] === 1 && eventOf[row]! < 0) addAlarm(bursts, timestamp);
  });
  return bursts.length === 0 ? 0 : bursts.length / daysOf(timestamps);
};

/** From the first row to the end of the last, which is taken to last as long as the others do on average; never 0. */
export const daysOf = (timestamps: Float64Array): number => {
  const steps = timestamps.length - 1;
  const spanMs = steps > 0 ? timestamps[steps]! - timestamps[0]! : 0;
  return Math.max(1, spanMs + spanMs / Math.max(1, steps)) / DAY_MS;
};

/** Keeps bursts in order and apart by more than `MERGE_MS`. */
const addAlarm = (bursts: Burst[], timestampMs: number): void => {
  const at = firstAfter(bursts, timestampMs);
  const [before, after] = [bursts[at - 1], bursts[at]];
  const joinsBefore = before !== undefined && timestampMs - before[1] <= MERGE_MS;
  const joinsAfter = after !== undefined && after[0] - timestampMs <= MERGE_MS;
  if (joinsBefore) before[1] = Math.max(before[1], timestampMs);
  if (joinsAfter) after[0] = timestampMs;
  if (!joinsBefore && !joinsAfter) bursts.splice(at, 0, [timestampMs, timestampMs]);
  if (!joinsBefore || !joinsAfter) return;
  before[1] = after[1];
  bursts.splice(at, 1);
};

/** Index of the first burst that starts after the time. */
const firstAfter = (bursts: readonly Burst[], timestampMs: number): number => {
  let [low, high] = [0, bursts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bursts[middle]![0] > timestampMs) high = middle;
    else low = middle + 1;
  }
  return low;
};

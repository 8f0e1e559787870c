import type { MetricEvent } from "../ingest/event.ts";
import { type Scaling, scaleRow } from "../model/scaling.ts";
import { addToBucket, closeBucket, emptyBucket, observedValue } from "./aggregate.ts";
import type { Plan } from "./plan.ts";
import { pushRow, pushVector, RowState, type Rows } from "./rows.ts";
import type { FeatureState } from "./state.ts";
import { breakWindow, interpolate, pushWindow, rememberKnown, rowsUntilFull } from "./window.ts";

/** Open intervals that a series keeps: bounds its state when lateness is many times the interval. */
const MAX_OPEN_INTERVALS = 16;
/**
 * An event this far ahead of its arrival comes from a broken clock. It counts as late, because following it would make
 * every honest event after it late until the time that it told. Clocks that are kept by NTP differ by less than a second.
 */
export const MAX_AHEAD_MS = 10 * 60 * 1000;

export type Extraction = {
  plan: Plan;
  /** Absent: no model yet, so that complete rows are warming up unless their series learns by itself. */
  scaling: readonly Scaling[] | undefined;
  rows: Rows;
};
export type RowCounts = { scored: number; warmingUp: number; skipped: number; imputed: number };

/**
 * Takes the next event of a series: appends the rows that it completes. False when the event is late.
 * A row depends on this event and earlier ones only.
 */
export const takeEvent = (
  to: Extraction,
  state: FeatureState,
  counts: RowCounts,
  event: MetricEvent,
  arrivalMs: number,
  cause: number,
): boolean => {
  const { plan } = to;
  const { timestamp } = event;
  if (timestamp > arrivalMs + MAX_AHEAD_MS) return false;
  if (timestamp < state.newestMs - plan.latenessMs || timestamp < state.closedUntilMs) return false;
  if (timestamp > state.newestMs) state.newestMs = timestamp;
  if (plan.intervalMs > 0) aggregateEvent(to, state, counts, event, cause);
  else {
    const row = rowOf(plan.metrics.length);
    for (let feature = 0; feature < row.length; feature++) row[feature] = observedValue(event, plan.metrics[feature]!);
    takeRow(to, state, counts, row, timestamp, cause);
  }
  return true;
};

/** One array per width, used within one call only: the hot path makes no garbage for it. */
const rowArrays: (Float64Array | undefined)[] = [];
const rowOf = (features: number): Float64Array => {
  rowArrays[features] ??= new Float64Array(features);
  return rowArrays[features];
};

/** An interval closes when the watermark, newest event time minus lateness, reaches its end. */
const aggregateEvent = (
  to: Extraction,
  state: FeatureState,
  counts: RowCounts,
  event: MetricEvent,
  cause: number,
): void => {
  const { plan } = to;
  const { buckets } = state;
  const startMs = Math.floor(event.timestamp / plan.intervalMs) * plan.intervalMs;
  let at = buckets.length;
  while (at > 0 && buckets[at - 1]![0]! > startMs) at--;
  if (at === 0 || buckets[at - 1]![0] !== startMs) buckets.splice(at++, 0, emptyBucket(plan, startMs));
  addToBucket(plan, buckets[at - 1]!, event);
  closeIntervals(to, state, counts, state.newestMs - plan.latenessMs, cause);
};

/** Makes rows of the open intervals that end by the watermark, and of those that are too many. */
export const closeIntervals = (
  to: Extraction,
  state: FeatureState,
  counts: RowCounts,
  watermarkMs: number,
  cause: number,
): void => {
  const { buckets } = state;
  const { intervalMs } = to.plan;
  while (buckets.length > MAX_OPEN_INTERVALS || (buckets[0]?.[0] ?? Infinity) + intervalMs <= watermarkMs) {
    closeInterval(to, state, counts, buckets.shift()!, cause);
  }
};

const closeInterval = (
  to: Extraction,
  state: FeatureState,
  counts: RowCounts,
  bucket: Float64Array,
  cause: number,
): void => {
  const { intervalMs, metrics } = to.plan;
  const startMs = bucket[0]!;
  const missed = state.closedUntilMs === 0 ? 0 : Math.round((startMs - state.closedUntilMs) / intervalMs);
  if (missed > 0) fillGap(to, state, counts, missed, startMs, cause);
  const row = rowOf(metrics.length);
  closeBucket(to.plan, bucket, row);
  takeRow(to, state, counts, row, startMs, cause);
  state.closedUntilMs = startMs + intervalMs;
};

/**
 * Intervals without any event, before the one that starts at `nextMs`. Only as many as the window holds become rows: those
 * before could not be seen any more. Where the gap is left out, one skipped row shows it, however long it is.
 */
const fillGap = (
  to: Extraction,
  state: FeatureState,
  counts: RowCounts,
  missed: number,
  nextMs: number,
  cause: number,
): void => {
  const { plan } = to;
  const row = rowOf(plan.metrics.length).fill(Number.NaN);
  const filled = Math.min(missed, plan.shingleSize);
  const imputes = plan.missing === "zero" || (plan.missing === "last" && !state.lastValues.some(Number.isNaN));
  if (imputes) {
    counts.skipped += missed - filled;
    for (let back = filled; back >= 1; back--) {
      takeRow(to, state, counts, row.fill(Number.NaN), nextMs - back * plan.intervalMs, cause);
    }
    return;
  }
  counts.skipped += missed;
  if (plan.missing !== "linear") breakWindow(state);
  for (let back = filled; back >= 1 && plan.missing === "linear"; back--) {
    pushWindow(plan, state, row, nextMs - back * plan.intervalMs);
  }
  pushRow(to.rows, nextMs - plan.intervalMs, RowState.skipped, row, cause);
};

/** A row with its values or NaN, as it was observed: applies the missing-data policy, moves the window, builds the vector when it can. */
export const takeRow = (
  to: Extraction,
  state: FeatureState,
  counts: RowCounts,
  row: Float64Array,
  timestampMs: number,
  cause: number,
): void => {
  const { plan, rows, scaling } = to;
  if (hasMissing(row)) {
    takeIncomplete(to, state, counts, row, timestampMs, cause);
    return;
  }
  if (plan.missing === "linear") interpolate(plan, state, row, timestampMs);
  if (state.lastValues.length > 0) rememberKnown(state, row, timestampMs);
  pushWindow(plan, state, row, timestampMs);
  if (plan.online) {
    // The judge knows whether enough is learnt, and counts the row.
    pushRow(rows, timestampMs, RowState.scored, row, cause);
    return;
  }
  if (!scaling || rowsUntilFull(plan, state) > 0) {
    counts.warmingUp++;
    pushRow(rows, timestampMs, RowState.warmingUp, row, cause);
    return;
  }
  counts.scored++;
  const offset = pushVector(rows, pushRow(rows, timestampMs, RowState.scored, row, cause));
  for (let at = 0; at < rows.columns; at += rows.features) {
    scaleRow(scaling, state.window, rows.vectors, offset + at, at);
  }
};

const takeIncomplete = (
  { plan, rows }: Extraction,
  state: FeatureState,
  counts: RowCounts,
  row: Float64Array,
  timestampMs: number,
  cause: number,
): void => {
  const { missing } = plan;
  if (missing === "linear") interpolate(plan, state, row, timestampMs);
  if (state.lastValues.length > 0) rememberKnown(state, row, timestampMs);
  if (missing === "zero") fillMissing(row, undefined);
  if (missing === "last") fillMissing(row, state.lastValues);
  const imputed = !hasMissing(row);
  if (imputed || missing === "linear") pushWindow(plan, state, row, timestampMs);
  else breakWindow(state);
  counts[imputed ? "imputed" : "skipped"]++;
  pushRow(rows, timestampMs, imputed ? RowState.imputed : RowState.skipped, row, cause);
};

const hasMissing = (row: Float64Array): boolean => {
  for (let feature = 0; feature < row.length; feature++) if (Number.isNaN(row[feature])) return true;
  return false;
};

const fillMissing = (row: Float64Array, values: Float64Array | undefined): void => {
  for (let feature = 0; feature < row.length; feature++) {
    if (Number.isNaN(row[feature])) row[feature] = values ? values[feature]! : 0;
  }
};

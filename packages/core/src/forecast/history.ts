import { AppError } from "../errors.ts";
import { RowState } from "../feature/rows.ts";
import type { Point } from "../store/points.ts";
import type { History } from "./bands.ts";

/** Of the newest rows: how far apart they usually are. */
const SPACING_ROWS = 100;

/** Rows that are known of a series, oldest first: a value per feature, NaN is missing. */
export type KnownRows = { timestamps: readonly number[]; rows: readonly ArrayLike<number>[] };

/** Points that a model of these features can go on from; rows that were left out have no values. */
export const knownRows = (points: readonly Point[], features: number): KnownRows => {
  const missing = new Float64Array(features).fill(Number.NaN);
  return {
    timestamps: points.map(({ timestampMs }) => timestampMs),
    rows: points.map(({ state, values }) => (state === RowState.skipped ? missing : values)),
  };
};

/**
 * The rows as one column per feature, at equal distances: intervals that no row stands for become missing values when the
 * detector has intervals; otherwise each row is one step, and the usual distance of the newest ones is the interval. Ends with
 * the newest row that has a value. `limit`: the most rows. Throws `CONFLICT` when there is no row, or no distance.
 */
export const historyOf = (
  known: KnownRows,
  features: number,
  intervalMs: number | undefined,
  limit: number,
): History => {
  const last = known.rows.findLastIndex((row) => Array.from(row).some(Number.isFinite));
  if (last < 0) throw new AppError("CONFLICT", "the series has no rows to go on from yet");
  const timestamps = known.timestamps.slice(0, last + 1);
  const newestMs = timestamps[last]!;
  const spacingMs = intervalMs ?? usualSpacing(timestamps);
  const placeOf = (row: number) =>
    intervalMs === undefined ? last - row : Math.round((newestMs - timestamps[row]!) / intervalMs);
  const length = Math.min(limit, placeOf(0) + 1);
  const columns = Array.from({ length: features }, () => new Float64Array(length).fill(Number.NaN));
  for (let row = last; row >= 0 && placeOf(row) < length; row--) {
    for (const [feature, column] of columns.entries()) column[length - 1 - placeOf(row)] = known.rows[row]![feature]!;
  }
  return { columns, newestMs, intervalMs: spacingMs };
};

/** The median distance of the newest rows' times. */
const usualSpacing = (timestamps: readonly number[]): number => {
  const newest = timestamps.slice(-SPACING_ROWS);
  const distances = newest.slice(1).map((timestamp, at) => timestamp - newest[at]!);
  const median = distances.sort((a, b) => a - b)[distances.length >> 1];
  if (median !== undefined && median > 0) return median;
  throw new AppError(
    "CONFLICT",
    "the times of the newest rows do not say how far apart rows are: give the detector `intervalSeconds`",
  );
};

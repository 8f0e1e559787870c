import { AppError } from "@tidewatch/core/errors";
import type { SeriesFile, SeriesRow } from "./series-rows.ts";

/** 1 anomalous, 0 normal, `null` unknown. */
export type RowLabel = 0 | 1 | null;

/** What a file's label column says of its rows; asked row by row in their order. `undefined` when it has no such column. */
export const labelColumn = (file: SeriesFile, column: string, { mayBeEmpty }: { mayBeEmpty: boolean }) => {
  const at = file.metrics.indexOf(column);
  if (at < 0) return undefined;
  let row = -1;
  return (read: SeriesRow): RowLabel => {
    row++;
    const value = read.values[at]!;
    if (value === 0 || value === 1) return value;
    const { odd, firstOdd } = file.cells[at]!;
    if (mayBeEmpty && value === null && odd === 0) return null;
    // A text that is no number is read as missing, and counted.
    const where = mayBeEmpty && value === null ? `line ${firstOdd!.line}` : `row ${row}`;
    const rule = mayBeEmpty ? "0 (normal), 1 (anomalous) or empty (unknown)" : "0 (normal) or 1 (anomalous)";
    throw new AppError("VALIDATION", `${file.name}, ${where}: the column "${column}" must be ${rule}.`);
  };
};

/**
 * Labels of the rows that a detector makes of those of a file, by their times: an interval is anomalous when one of its rows
 * is.
 */
export const labelsByTime = (intervalSeconds: number | undefined) => {
  const known = new Map<number, 0 | 1>();
  const intervalMs = intervalSeconds === undefined ? 1 : intervalSeconds * 1000;
  const rowTime = (ms: number): number => Math.floor(ms / intervalMs) * intervalMs;
  return {
    add(timestampMs: number, label: RowLabel): void {
      if (label === null) return;
      const time = rowTime(timestampMs);
      known.set(time, known.get(time) === 1 ? 1 : label);
    },
    at: (rowMs: number): RowLabel => known.get(rowMs) ?? null,
    /** Of rows that nobody asks for any more. */
    forgetBefore(rowMs: number): void {
      for (const time of known.keys()) if (time < rowMs) known.delete(time);
    },
  };
};

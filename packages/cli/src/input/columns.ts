import { AppError } from "@tidewatch/core/errors";

const TIMESTAMP_NAMES = ["timestamp", "time", "datetime", "date", "ts"];

/** Position of the column that holds the time: the one named, else the first usual name; -1 when there is none. */
export const timestampColumn = (header: readonly string[], named: string | undefined): number => {
  if (named === undefined) return header.findIndex((column) => TIMESTAMP_NAMES.includes(column.toLowerCase()));
  const at = header.indexOf(named);
  if (at >= 0) return at;
  throw new AppError("VALIDATION", `There is no column "${named}"; the header has ${header.join(", ")}.`);
};

const MISSING = new Set(["", "null", "nan", "na", "n/a", "none", "-"]);

/** What a cell holds: a finite number, `null` for a missing value in a usual spelling, `undefined` for anything else. */
export const cellValue = (cell: string): number | null | undefined => {
  const text = cell.trim();
  if (MISSING.has(text.toLowerCase())) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
};

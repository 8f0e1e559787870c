import { AppError } from "@tidewatch/core/errors";
import { cellValue, timestampColumn } from "../input/columns.ts";
import { type BadRow, readCsv } from "../input/csv.ts";
import { openBytes } from "../input/open.ts";
import { parseTimestamp } from "../input/timestamp.ts";

export type SeriesRow = {
  /** As it stands in the input, or made from --interval. */
  timestampText: string;
  timestampMs: number;
  /** One value per metric column; `null` is missing. */
  values: (number | null)[];
};
/** What the cells of a column held so far. `odd` ones are no number and no usual spelling of a missing value. */
export type ColumnCells = { metric: string; numbers: number; odd: number; firstOdd?: { line: number; text: string } };
/** Of the rows so far, how many are newer and older than the one before them, and the line of the first older one. */
export type RowOrder = { rows: number; forward: number; back: number; firstBack?: number };
/** `cells` and `order` grow while the rows are read. */
export type SeriesFile = {
  name: string;
  metrics: string[];
  /** False when the times are made from --interval. */
  hasTimes: boolean;
  rows: AsyncIterable<SeriesRow>;
  cells: readonly ColumnCells[];
  order: Readonly<RowOrder>;
};

export type SeriesOptions = {
  /** Seconds between rows of a file without times. */
  interval?: number | undefined;
  /** Time of its first row. */
  firstMs?: number | undefined;
  timestampColumn?: string | undefined;
  skipBad: boolean;
};

/** Time of the first row of a file without times: some day, since only distances matter. */
const FIRST_TIMESTAMP_MS = Date.UTC(2000, 0, 1);

/**
 * Opens one series: a CSV with a time column and a column per metric. A cell that is no number is a missing value, and is
 * counted unless it says so; a row
 * whose time or number of cells is wrong is an error, unless bad rows are to be skipped.
 */
export const openSeries = async (
  path: string,
  options: SeriesOptions,
  onSkipped: (bad: BadRow) => void,
): Promise<SeriesFile> => {
  const name = path === "-" ? "The input" : path;
  const onBad = (bad: BadRow) => {
    if (options.skipBad) return onSkipped(bad);
    throw new AppError(
      "VALIDATION",
      `${name}, line ${bad.line}: ${bad.reason}. Correct it, or leave such rows out with --skip-bad.`,
    );
  };
  const { header, rows } = await readCsv(name, await openBytes(path), onBad);
  const timeAt = timestampColumn(header, options.timestampColumn);
  if (timeAt < 0 && options.interval === undefined) {
    throw new AppError(
      "VALIDATION",
      `${name} has no column named timestamp (its header: ${header.join(", ")}); name it with --timestamp-column, or give the seconds between rows with --interval.`,
    );
  }
  const columns = header.map((metric, at) => ({ metric, at })).filter(({ at }) => at !== timeAt);
  if (columns.length === 0) throw new AppError("VALIDATION", `${name} has no metric column besides its timestamp.`);
  const cells = columns.map(({ metric }): ColumnCells => ({ metric, numbers: 0, odd: 0 }));
  const order: RowOrder = { rows: 0, forward: 0, back: 0 };
  let lastMs: number | undefined;
  const timeOf = timeAt < 0 ? madeTimes(options.interval!, options.firstMs ?? FIRST_TIMESTAMP_MS) : cellTimes(timeAt);

  async function* series(): AsyncGenerator<SeriesRow> {
    for await (const { line, cells: texts } of rows) {
      const time = timeOf(texts);
      if (time.ms === undefined) {
        onBad({ line, reason: `"${time.text}" is no time (RFC 3339, or epoch seconds or milliseconds)` });
        continue;
      }
      if (lastMs !== undefined && time.ms > lastMs) order.forward++;
      if (lastMs !== undefined && time.ms < lastMs) {
        order.back++;
        order.firstBack ??= line;
      }
      order.rows++;
      lastMs = time.ms;
      const values = columns.map(({ at }, column) => readCell(cells[column]!, line, texts[at]!));
      yield { timestampText: time.text, timestampMs: time.ms, values };
    }
  }
  const metrics = columns.map(({ metric }) => metric);
  return { name, metrics, hasTimes: timeAt >= 0, rows: series(), cells, order };
};

const readCell = (column: ColumnCells, line: number, text: string): number | null => {
  const value = cellValue(text);
  if (value === undefined) {
    column.odd++;
    column.firstOdd ??= { line, text };
  }
  if (typeof value === "number") column.numbers++;
  return value ?? null;
};

type Time = { text: string; ms: number | undefined };

const cellTimes =
  (at: number) =>
  (cells: string[]): Time => ({ text: cells[at]!, ms: parseTimestamp(cells[at]!) });

const madeTimes = (intervalSeconds: number, firstMs: number): (() => Time) => {
  let row = 0;
  return () => {
    const ms = firstMs + Math.round(row * intervalSeconds * 1000);
    row += 1;
    return { text: new Date(ms).toISOString(), ms };
  };
};

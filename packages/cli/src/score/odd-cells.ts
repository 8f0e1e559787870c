import type { Detector } from "@tidewatch/core/detector";
import { AppError } from "@tidewatch/core/errors";
import { thousands } from "../output/progress.ts";
import type { ColumnCells, SeriesFile } from "./series-rows.ts";

/** A text in a message is cut to this. */
const SHOWN_CHARS = 40;

const watchedCells = ({ features }: Detector, { cells }: SeriesFile): ColumnCells[] =>
  cells.filter(({ metric, odd }) => odd > 0 && features.some((feature) => feature.metric === metric));

/** @throws AppError VALIDATION when a column that the detector watches had texts so far, and no number */
export const checkNumbers = (detector: Detector, file: SeriesFile): void => {
  const column = watchedCells(detector, file).find(({ numbers }) => numbers === 0);
  if (!column) return;
  throw new AppError(
    "VALIDATION",
    `${file.name}: the column "${column.metric}" has no number (${firstOf(column)}): leave it out of the file, or give a --detector that does not watch it.`,
  );
};

/** One sentence for each watched column with cells that are no numbers. */
export const oddCellLines = (detector: Detector, file: SeriesFile): string[] =>
  watchedCells(detector, file).map(
    (column) =>
      `${file.name}: ${thousands(column.odd)} of ${thousands(column.odd + column.numbers)} filled cells of "${column.metric}" are no numbers and count as missing (${firstOf(column)}).`,
  );

const firstOf = ({ firstOdd }: ColumnCells): string => {
  const { line, text } = firstOdd!;
  return `line ${line}: "${text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text}"`;
};

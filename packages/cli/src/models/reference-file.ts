import { AppError } from "@tidewatch/core/errors";
import type { Reference } from "@tidewatch/core/register/import-reference";
import { cellValue, timestampColumn } from "../input/columns.ts";
import { readCsv } from "../input/csv.ts";
import { openBytes } from "../input/open.ts";
import { parseTimestamp } from "../input/timestamp.ts";

/**
 * Reads reference rows: a CSV with a column per feature, and perhaps one with the time. Other columns are left out.
 * @throws AppError VALIDATION that names the line, or the column that is missing
 */
export const readReference = async (path: string, features: readonly string[]): Promise<Reference> => {
  const bad = (line: number, reason: string): never => {
    throw new AppError("VALIDATION", `${path}, line ${line}: ${reason}.`);
  };
  const csv = await readCsv(path, await openBytes(path), ({ line, reason }) => bad(line, reason));
  const columns = features.map((feature) => {
    const at = csv.header.indexOf(feature);
    if (at >= 0) return at;
    throw new AppError("VALIDATION", `${path} has no column "${feature}"; its header has ${csv.header.join(", ")}.`);
  });
  const timeAt = timestampColumn(csv.header, undefined);
  const rows: (number | null)[][] = [];
  const timestamps: number[] = [];
  for await (const { line, cells } of csv.rows) {
    rows.push(columns.map((at) => cellValue(cells[at]!) ?? missingCell(cells[at]!, () => bad(line, odd(cells[at]!)))));
    if (timeAt >= 0) timestamps.push(parseTimestamp(cells[timeAt]!) ?? bad(line, odd(cells[timeAt]!)));
  }
  return { rows, timestamps: timeAt >= 0 ? timestamps : undefined };
};

const odd = (text: string): string => `"${text}" is no number`;
/** `undefined` is what is no usual spelling of a missing value. */
const missingCell = (text: string, refuse: () => never): null => (cellValue(text) === null ? null : refuse());

import { AppError } from "@tidewatch/core/errors";
import { type BadRow, readCsv } from "../input/csv.ts";
import { readLines } from "../input/lines.ts";
import { openBytes } from "../input/open.ts";

/** A line of a log: its number in the file, or its `line_id` in a CSV file. */
export type LogFileLine = { id: string; text: string };

/** Longer lines are binary data, or no lines. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** Non-blank lines of a file, gzipped or not; with a column, the cells of that column of a CSV file. */
export async function* logLines(
  path: string,
  column: string | undefined,
  onBad: (bad: BadRow) => void,
): AsyncGenerator<LogFileLine> {
  const bytes = await openBytes(path);
  if (column === undefined) {
    for await (const { line, bytes: text } of readLines(bytes, MAX_LINE_BYTES)) {
      if (text) yield { id: String(line), text: Buffer.from(text).toString("utf8") };
      else onBad({ line, reason: `it is longer than ${MAX_LINE_BYTES / 1024 / 1024} MiB` });
    }
    return;
  }
  const { header, rows } = await readCsv(path, bytes, onBad);
  const [at, idAt] = [header.indexOf(column), header.indexOf("line_id")];
  if (at < 0) {
    throw new AppError("VALIDATION", `${path} has no column "${column}"; the header has ${header.join(", ")}.`);
  }
  let row = 0;
  for await (const { cells } of rows) {
    row++;
    yield { id: idAt < 0 ? String(row) : cells[idAt]!, text: cells[at]! };
  }
}

import { AppError } from "@tidewatch/core/errors";
import { type CsvError, parse } from "csv-parse";
import type { Bytes } from "./open.ts";

export type CsvRow = { line: number; cells: string[] };
export type Csv = { header: string[]; rows: AsyncIterable<CsvRow> };
export type BadRow = { line: number; reason: string };

/** One cell may be this long; longer ones mean a quote that was never closed. */
const MAX_RECORD_BYTES = 1024 * 1024;

type Info = { record: string[]; info: { lines: number } };

/**
 * Reads CSV (RFC 4180, any line ending, byte order mark allowed) in constant memory; the first row names the columns.
 * A row with another number of cells than the header, or a quote that is never closed, goes to `onBad`, which may throw.
 */
export const readCsv = async (name: string, source: Bytes, onBad: (bad: BadRow) => void): Promise<Csv> => {
  const parser = parse({
    bom: true,
    record_delimiter: ["\r\n", "\n"],
    info: true,
    skip_empty_lines: true,
    relax_column_count: true,
    // A stray quote is text: taken for the start of a quoted cell it would swallow the rows after it.
    relax_quotes: true,
    max_record_size: MAX_RECORD_BYTES,
    skip_records_with_error: true,
    on_skip: (error: CsvError | undefined) => {
      if (error) onBad({ line: Number(error.lines ?? 0), reason: sentence(error) });
      return undefined;
    },
  });
  const pumping = pump(source, parser);
  const iterator = parser[Symbol.asyncIterator]() as AsyncIterator<Info>;
  const first = await iterator.next();
  if (first.done) {
    await pumping;
    throw new AppError("VALIDATION", `${name} is empty; its first line must name the columns.`);
  }
  const header = first.value.record.map((cell) => cell.trim());
  const twice = header.find((column, at) => header.indexOf(column) !== at);
  if (twice !== undefined) throw new AppError("VALIDATION", `${name} has two columns named "${twice}"; rename one.`);
  return { header, rows: rowsOf(iterator, header.length, onBad, pumping) };
};

const pump = (source: Bytes, parser: ReturnType<typeof parse>): Promise<void> =>
  (async () => {
    for await (const chunk of source) {
      if (parser.destroyed) return;
      if (!parser.write(chunk)) await new Promise<void>((resolve) => onceAny(parser, ["drain", "close"], resolve));
    }
    parser.end();
  })().catch((error: Error) => void parser.destroy(error));

const onceAny = (parser: ReturnType<typeof parse>, events: string[], listener: () => void): void => {
  const once = () => {
    for (const event of events) parser.off(event, once);
    listener();
  };
  for (const event of events) parser.on(event, once);
};

async function* rowsOf(
  iterator: AsyncIterator<Info>,
  columns: number,
  onBad: (bad: BadRow) => void,
  pumping: Promise<void>,
): AsyncGenerator<CsvRow> {
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    const { record: cells, info } = next.value;
    if (cells.length === columns) yield { line: info.lines, cells };
    else onBad({ line: info.lines, reason: `it has ${cells.length} cells where the header has ${columns}` });
  }
  await pumping;
}

const sentence = (error: CsvError): string => {
  if (error.code === "CSV_MAX_RECORD_SIZE") return "it is longer than 1 MiB (a quote that is never closed?)";
  return error.message.replace(/ at line \d+.*$/, "").replace(/, (got|received) .*$/, "");
};

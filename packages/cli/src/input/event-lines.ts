import { basename, extname } from "node:path";
import type { BadRow } from "./csv.ts";
import { csvEvents } from "./csv-events.ts";
import { readLines } from "./lines.ts";
import { type Bytes, type OpenOptions, openBytes } from "./open.ts";

/** One event as JSON text on one line, and the line of the input that it came from. */
export type EventLine = { line: number; bytes: Uint8Array };

export type EventFormat = "csv" | "ndjson";

export type EventInput = OpenOptions & {
  path: string;
  format?: EventFormat | undefined;
  entity?: string | undefined;
  timestampColumn?: string | undefined;
  onBad: (bad: BadRow) => void;
};

/** A record on the stream holds 1 MiB, so does one event. */
const MAX_EVENT_BYTES = 1024 * 1024;

/** Events of a file or of standard input (`-`), whatever their form: CSV or NDJSON, gzipped or not. */
export async function* readEvents(input: EventInput): AsyncGenerator<EventLine> {
  const bytes = await openBytes(input.path, input);
  const { format, all } = await detectFormat(input, bytes);
  if (format === "csv") {
    const name = input.path === "-" ? "The input" : input.path;
    yield* csvEvents(all, { ...input, name, entity: input.entity ?? entityFromPath(input.path) });
    return;
  }
  for await (const { line, bytes: json } of readLines(all, MAX_EVENT_BYTES)) {
    if (json) yield { line, bytes: json };
    else input.onBad({ line, reason: "it is longer than 1 MiB" });
  }
}

const FORMATS: Record<string, EventFormat> = {
  ".csv": "csv",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".json": "ndjson",
};
const withoutGz = (path: string): string => path.replace(/\.gz$/, "");

const entityFromPath = (path: string): string =>
  path === "-" ? "stdin" : basename(withoutGz(path), extname(withoutGz(path)));

const detectFormat = async (
  { path, format }: EventInput,
  bytes: Bytes,
): Promise<{ format: EventFormat; all: Bytes }> => {
  const known = format ?? FORMATS[extname(withoutGz(path))];
  if (known) return { format: known, all: bytes };
  const iterator = bytes[Symbol.asyncIterator]();
  const first = await iterator.next();
  const start = first.done ? "" : Buffer.from(first.value.subarray(0, 64)).toString("latin1").trimStart();
  return { format: start.startsWith("{") ? "ndjson" : "csv", all: resume(first, iterator) };
};

async function* resume(first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.done) return;
  yield first.value;
  yield* { [Symbol.asyncIterator]: () => rest };
}

import { basename, extname } from "node:path";
import { timestampColumn } from "./columns.ts";
import type { BadRow } from "./csv.ts";
import { csvEvents } from "./csv-events.ts";
import { readLines } from "./lines.ts";
import { logFileEvents } from "./log-file-events.ts";
import { type Bytes, type OpenOptions, openBytes } from "./open.ts";

/** One event as JSON text on one line, and the line of the input that it came from. */
export type EventLine = { line: number; bytes: Uint8Array };

export type EventFormat = "csv" | "ndjson" | "log";

export type EventInput = OpenOptions & {
  path: string;
  format?: EventFormat | undefined;
  entity?: string | undefined;
  timestampColumn?: string | undefined;
  /** Of log lines: their session, and minutes that their clock is ahead of UTC. */
  session?: string | undefined;
  zoneMinutes?: () => number;
  onBad: (bad: BadRow) => void;
  /** Told how the lines of a log are read. */
  onLogFormat?: (format: string) => void;
  /** Told when what goes out as events looks like the lines of a JSON log. */
  onUntyped?: () => void;
};

/** A record on the stream holds 1 MiB, so does one event. */
const MAX_EVENT_BYTES = 1024 * 1024;
/** Lines that tell JSON events from the lines of a JSON log. */
const SAMPLE_LINES = 20;
/** A stack trace is written at once. With the waits for a poll and for a batch it makes a second. */
const LOG_IDLE_MS = 400;

/** Events of a file or of standard input (`-`), whatever their form: CSV, NDJSON or log lines, gzipped or not. */
export async function* readEvents(input: EventInput): AsyncGenerator<EventLine> {
  const bytes = await openBytes(input.path, input);
  const { format, all } = await detectFormat(input, bytes);
  const entity = input.entity ?? entityFromPath(input.path);
  if (format === "csv") {
    const name = input.path === "-" ? "The input" : input.path;
    yield* csvEvents(all, { ...input, name, entity });
  } else if (format === "log") {
    const { zoneMinutes = () => 0, onLogFormat = () => {}, session, onBad } = input;
    const idleMs = input.follow || input.path === "-" ? LOG_IDLE_MS : Number.POSITIVE_INFINITY;
    yield* logFileEvents(all, { entity, session, onBad, onFormat: onLogFormat, idleMs, clock: clockOf(zoneMinutes) });
  } else yield* ndjsonEvents(all, input.onBad);
}

async function* ndjsonEvents(source: Bytes, onBad: EventInput["onBad"]): AsyncGenerator<EventLine> {
  for await (const { line, bytes: json } of readLines(source, MAX_EVENT_BYTES)) {
    if (json) yield { line, bytes: json };
    else onBad({ line, reason: "it is longer than 1 MiB" });
  }
}

/** Asked anew for each line: a log may be followed over the turn of a year, or of the clocks. */
const clockOf = (zoneMinutes: () => number) => ({
  get nowMs() {
    return Date.now();
  },
  get zoneMinutes() {
    return zoneMinutes();
  },
});

const FORMATS: Record<string, EventFormat> = {
  ".csv": "csv",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".json": "ndjson",
  ".log": "log",
};
const withoutGz = (path: string): string => path.replace(/\.gz$/, "");

const entityFromPath = (path: string): string =>
  path === "-" ? "stdin" : basename(withoutGz(path), extname(withoutGz(path)));

const detectFormat = async (input: EventInput, bytes: Bytes): Promise<{ format: EventFormat; all: Bytes }> => {
  const named = FORMATS[extname(withoutGz(input.path))];
  const known = input.format ?? (named === "ndjson" ? undefined : named);
  if (known) return { format: known, all: bytes };
  const iterator = bytes[Symbol.asyncIterator]();
  const first = await iterator.next();
  const lines = first.done ? [] : firstLines(first.value);
  const isUntyped = lines.length > 0 && lines.every((line) => line.startsWith("{") && !TYPED.test(line));
  const isLog = isUntyped && input.entity !== undefined && input.timestampColumn === undefined;
  const format = isLog ? "log" : (named ?? formatOf(lines[0] ?? "", input));
  if (isUntyped && !isLog) input.onUntyped?.();
  return { format, all: resume(first, iterator) };
};

/** Whole ones, unless there is but one. */
const firstLines = (chunk: Uint8Array): string[] => {
  const lines = Buffer.from(chunk)
    .toString("latin1")
    .trimStart()
    .split(/\r?\n/, SAMPLE_LINES + 1);
  return (lines.length > 1 ? lines.slice(0, -1) : lines).filter((line) => line.trim() !== "");
};

/** What each event has, and hardly a line of a log. */
const TYPED = /"type"\s*:\s*"(?:metric|log)"/;

/** Whoever names the entity of what is neither events nor a CSV with times means the lines of a log. */
const formatOf = (firstLine: string, { entity, timestampColumn: named }: EventInput): EventFormat => {
  if (firstLine.startsWith("{")) return "ndjson";
  if (entity === undefined || named !== undefined) return "csv";
  const cells = firstLine.split(",").map((cell) => cell.trim());
  return cells.length > 1 && timestampColumn(cells, undefined) >= 0 ? "csv" : "log";
};

async function* resume(first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.done) return;
  yield first.value;
  yield* { [Symbol.asyncIterator]: () => rest };
}

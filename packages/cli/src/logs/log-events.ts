import { AppError } from "@tidewatch/core/errors";
import { detectFormat, plainFormat } from "@tidewatch/core/log/line/detect";
import type { LineClock, LineFormat } from "@tidewatch/core/log/line/log-line";
import { endLines, joinLine, type LogRecord, lineJoiner } from "@tidewatch/core/log/line/multi-line";
import { patternFormat } from "@tidewatch/core/log/line/pattern";
import { UsageError } from "../failure.ts";
import type { BadRow } from "../input/csv.ts";
import { counted } from "../output/progress.ts";
import { type LogFileLine, logLines } from "./log-lines.ts";

export type LogOptions = { input: string; column?: string; format?: string };

/** An event of a log and the ids of its lines. */
export type LogEvent = { record: LogRecord; ids: string[] };

/** Lines that decide which format a log has. */
const SAMPLE_LINES = 500;
/** A line in a message is cut to this. */
const SHOWN_CHARS = 120;

/**
 * The events of a log file: headers read, stack traces joined. The format is found from the first lines, unless it is
 * named: `auto`, `plain`, or a pattern such as `<Date> <Time> <Level> <Component>: <Content>`. The cells of a CSV
 * column are messages, each for itself, unless a format is named.
 */
export async function* logEvents(
  { input, column, format: named }: LogOptions,
  onBad: (bad: BadRow) => void,
  say: (text: string) => void,
): AsyncGenerator<LogEvent> {
  const name = named ?? (column === undefined ? "auto" : "plain");
  checkFormatName(name);
  const lines = logLines(input, column, onBad);
  const sample: LogFileLine[] = [];
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    sample.push(next.value);
    if (sample.length === SAMPLE_LINES) break;
  }
  if (column === undefined) checkText(input, sample);
  const clock = { nowMs: Date.now(), zoneMinutes: 0 };
  const format = formatOf(
    name,
    sample.map(({ text }) => text),
    clock,
  );
  say(`The lines are read as ${format.name}.`);
  const joiner = lineJoiner(format, clock);
  let ids: string[] = [];
  for await (const { id, text } of both(sample, lines)) {
    const record = column === undefined ? joinLine(joiner, text) : single(format.parse(text, clock), text);
    if (column !== undefined) yield { record: record!, ids: [id] };
    else if (record) {
      yield { record, ids };
      ids = [id];
    } else ids.push(id);
  }
  const last = endLines(joiner);
  if (last) yield { record: last, ids };
}

/**
 * A log that was emptied under its writer may begin with NUL bytes: one line with some does not make it binary.
 * @throws AppError VALIDATION when more than a quarter of the first lines have NUL bytes
 */
const checkText = (input: string, sample: readonly LogFileLine[]): void => {
  const binary = sample.filter(({ text }) => text.includes("\0")).length;
  if (binary > sample.length / 4) {
    throw new AppError("VALIDATION", `${nameOf(input)} is binary, or UTF-16: its first lines have NUL bytes.`);
  }
};

/** What a person calls the input. */
export const nameOf = (input: string): string => (input === "-" ? "The input" : input);

/** @throws UsageError when it is neither a known name nor a pattern */
const checkFormatName = (name: string): void => {
  if (name === "auto" || name === "plain" || name.includes("<")) return;
  throw new UsageError(
    `There is no format "${name}": say auto, plain, or a pattern such as "<Date> <Time> <Content>".`,
  );
};

/** @throws AppError VALIDATION when a pattern fits none of the first lines */
const formatOf = (name: string, sample: readonly string[], clock: LineClock): LineFormat => {
  if (name === "plain") return plainFormat;
  if (name === "auto") return detectFormat(sample, clock);
  const format = patternFormat(name);
  if (sample.length === 0 || sample.some((line) => format.parse(line, clock) !== undefined)) return format;
  throw new AppError(
    "VALIDATION",
    `The pattern ${name} fits none of the first ${counted(sample.length, "line")}, such as: ${sample[0]!.slice(0, SHOWN_CHARS)}`,
  );
};

const single = (read: ReturnType<LineFormat["parse"]>, text: string): LogRecord => ({
  ...(read ?? { message: text }),
  ...{ line: 1, lines: 1, text },
});

async function* both<T>(first: Iterable<T>, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield* first;
  yield* rest;
}

import type { LineClock, LineFormat, LogLine } from "./log-line.ts";

/** Lines and characters of one event; what goes on beyond them is dropped from `text`, and the event stays one. */
const MAX_LINES = 500;
const MAX_CHARS = 32_768;

/** One event of a log: its first line, read, and all of its lines as they were. `line` counts from 1. */
export type LogRecord = LogLine & { line: number; lines: number; text: string };

/** What is known between two lines. */
export type LineJoiner = { format: LineFormat; clock: LineClock; line: number; open: LogRecord | undefined };

export const lineJoiner = (format: LineFormat, clock: LineClock): LineJoiner => ({
  format,
  clock,
  line: 0,
  open: undefined,
});

/** How stack traces and dumps go on: indented, or by the words of Java, Python, Go and JavaScript. */
const GOES_ON =
  /^(?:\s+\S|Caused by: |Suppressed: |\.\.\. \d+ more|Traceback \(most recent|goroutine \d+ \[|[\])}]+[;,]?$)/;

/** Whether a line looks like the inside of a stack trace, whatever the log's format. */
export const looksContinued = (line: string): boolean => GOES_ON.test(line);

/**
 * Takes the next line of a log; gives the event that it ends, if any. A line continues the event before if the format
 * has headers and it has none, if it goes on as stack traces do, or if that event's last line was a part (CRI's P).
 */
export const joinLine = (joiner: LineJoiner, raw: string): LogRecord | undefined => {
  joiner.line++;
  const { open, format, clock } = joiner;
  const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
  const read = format.parse(line, clock);
  if (open?.fields?.partial && read) return continuePart(open, read, line);
  const continues =
    read === undefined || (read.timestampMs === undefined && GOES_ON.test(line)) || GOES_ON.test(read.message);
  if (open && continues) {
    append(open, read?.message ?? line);
    return undefined;
  }
  const text = line.slice(0, MAX_CHARS);
  joiner.open = { ...(read ?? { message: line }), line: joiner.line, lines: 1, text };
  return open;
};

/** The last event of a log. */
export const endLines = (joiner: LineJoiner): LogRecord | undefined => {
  const { open } = joiner;
  joiner.open = undefined;
  return open;
};

const continuePart = (open: LogRecord, read: LogLine, line: string): undefined => {
  open.message = (open.message + read.message).slice(0, MAX_CHARS);
  if (!read.fields?.partial) delete open.fields!.partial;
  append(open, line);
};

const append = (open: LogRecord, line: string): void => {
  open.lines++;
  if (open.lines <= MAX_LINES && open.text.length < MAX_CHARS) open.text = `${open.text}\n${line}`.slice(0, MAX_CHARS);
};

import { MAX_MESSAGE_BYTES } from "@tidewatch/core/ingest/event";
import {
  type LineGrouper,
  type LogOrigin,
  lineGrouper,
  logEventOf,
  SAMPLE_LINES,
} from "@tidewatch/core/log/line/group-lines";
import type { LineClock } from "@tidewatch/core/log/line/log-line";
import type { BadRow } from "./csv.ts";
import type { EventLine } from "./event-lines.ts";
import { IDLE, withIdle } from "./idle.ts";
import { type Line, readLines } from "./lines.ts";
import type { Bytes } from "./open.ts";

export type LogEventOptions = LogOrigin & {
  clock: LineClock;
  /** After so long a silence an event counts as whole; infinite for a file that nobody writes to. */
  idleMs: number;
  onBad: (bad: BadRow) => void;
  /** Told the name of the lines' format, again when more lines tell another. */
  onFormat: (format: string) => void;
};

/** A sample of a few lines, all that a log had when it was silent, is looked at again when it has so many. */
const SAMPLE_SIZES = [8, 64, SAMPLE_LINES];
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

type TextLine = { line: number; text: string; bytes: number };
type Open = { line: number; lines: string[]; bytes: number; timestampMs: number | undefined };

/**
 * Log events of lines: their headers read for the time, stack traces joined. Lines that cannot be sent go to `onBad`.
 */
export async function* logFileEvents(source: Bytes, options: LogEventOptions): AsyncGenerator<EventLine> {
  const sample: string[] = [];
  let waiting: TextLine[] = [];
  let grouper: LineGrouper | undefined;
  let open: Open | undefined;
  let lastTimestampMs: number | undefined;

  const group = function* ({ line, text, bytes }: TextLine): Generator<EventLine> {
    const { begins, timestampMs } = grouper!.take(text, (open?.bytes ?? 0) + bytes);
    if (open && !begins) {
      open.lines.push(text);
      open.bytes += bytes;
      return;
    }
    yield* end();
    // What goes on after a silence is sent as an event of the same time.
    if (begins) lastTimestampMs = timestampMs;
    open = { line, lines: [text], bytes, timestampMs: lastTimestampMs };
  };
  const end = function* (): Generator<EventLine> {
    if (open) yield eventLineOf(open, options);
    open = undefined;
  };
  const look = (): void => {
    const seen = lineGrouper(sample, options.clock);
    if (seen.format === grouper?.format) return;
    if (open) seen.take(open.lines[0]!, 0);
    grouper = seen;
    options.onFormat(seen.format);
  };
  const takeWaiting = function* (): Generator<EventLine> {
    if (waiting.length > 0) look();
    for (const line of waiting) yield* group(line);
    waiting = [];
  };

  for await (const read of withIdle(readLines(source, MAX_MESSAGE_BYTES), options.idleMs)) {
    if (read === IDLE) {
      yield* takeWaiting();
      yield* end();
      continue;
    }
    const line = textOf(read, options.onBad);
    if (!line) continue;
    const isLooked = sample.length < SAMPLE_LINES && SAMPLE_SIZES.includes(sample.push(line.text));
    if (grouper && isLooked) look();
    if (grouper) yield* group(line);
    else if (waiting.push(line) === SAMPLE_LINES) yield* takeWaiting();
  }
  yield* takeWaiting();
  yield* end();
}

const textOf = ({ line, bytes }: Line, onBad: LogEventOptions["onBad"]): TextLine | undefined => {
  if (!bytes) return void onBad({ line, reason: `it is longer than ${MAX_MESSAGE_BYTES / 1024} KB` });
  try {
    return { line, text: decoder.decode(bytes), bytes: bytes.length + 1 };
  } catch {
    return void onBad({ line, reason: "it is not UTF-8" });
  }
};

const eventLineOf = ({ line, lines, timestampMs }: Open, options: LogEventOptions): EventLine => {
  const event = logEventOf(options, lines.join("\n"), timestampMs, options.clock.nowMs);
  return { line, bytes: Buffer.from(JSON.stringify(event)) };
};

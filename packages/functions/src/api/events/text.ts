import { decodeValue, encodeEvent } from "@tidewatch/core/ingest/decode";
import { type LogOrigin, lineGrouper, logEventOf, SAMPLE_LINES } from "@tidewatch/core/log/line/group-lines";
import { httpError } from "../http/problem.ts";
import { asEntry, type EventSource, type SourceEntry } from "./source.ts";
import { MAX_EVENTS } from "./split.ts";

export type TextOptions = LogOrigin & { nowMs: number; zoneMinutes: number };
/** `lines`: those of the body that are not blank. */
export type TextEvents = { source: EventSource; lines: number };

/** Most lines of one request: each has to be looked at for a header. */
const MAX_LINES = 2 * MAX_EVENTS;
/** Lines between two breaths: some milliseconds of work. */
const LINES_PER_TURN = 2000;
const [SPACE, TAB, LF, CR] = [0x20, 0x09, 0x0a, 0x0d];
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Where a line lies, without its end; `number` counts from 1, blank ones too. */
type Line = { start: number; end: number; number: number };
/** From the first line's beginning to the last one's end. */
type Span = Line & { timestampMs: number | undefined };

/**
 * The log events of a body of plain lines: the format found from the first ones, stack traces joined to their line.
 * Only where each event lies is kept; its bytes are looked at when its turn comes.
 * @throws TOO_LARGE for more lines, or events, than one request may have
 */
export const readText = async (body: Uint8Array, options: TextOptions): Promise<TextEvents> => {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // Leniently: what is no UTF-8 is refused with its event.
  const textOf = ({ start, end }: Line) => buffer.toString("utf8", start, end);
  const grouper = lineGrouper(sampleOf(buffer).map(textOf), options);
  const spans: Span[] = [];
  let lines = 0;
  for (const line of linesOf(buffer)) {
    if (++lines % LINES_PER_TURN === 0) await new Promise(setImmediate);
    if (lines > MAX_LINES) throw tooMany(MAX_LINES, "lines");
    const open = spans.at(-1);
    const { begins, timestampMs } = grouper.take(textOf(line), line.end - (open?.start ?? line.start));
    if (open && !begins) open.end = line.end;
    else if (spans.length < MAX_EVENTS) spans.push({ ...line, timestampMs });
    else throw tooMany(MAX_EVENTS, "events");
  }
  return { source: { count: spans.length, entryOf: (index) => entryOf(body, spans[index]!, options) }, lines };
};

const sampleOf = (buffer: Buffer): Line[] => {
  const sample: Line[] = [];
  for (const line of linesOf(buffer)) if (sample.push(line) === SAMPLE_LINES) break;
  return sample;
};

const entryOf = (body: Uint8Array, { start, end, number, timestampMs }: Span, options: TextOptions): SourceEntry => {
  const where = `(line ${number})`;
  let text: string;
  try {
    text = decoder.decode(body.subarray(start, end));
  } catch {
    return { ok: false, reason: `not UTF-8 ${where}` };
  }
  const decoded = decodeValue(logEventOf(options, text, timestampMs, options.nowMs));
  return decoded.ok ? asEntry(decoded, encodeEvent) : { ok: false, reason: `${decoded.reason} ${where}` };
};

function* linesOf(buffer: Buffer): Generator<Line, undefined> {
  let number = 0;
  for (let start = 0; start < buffer.length; ) {
    const feed = buffer.indexOf(LF, start);
    const next = feed === -1 ? buffer.length : feed;
    const end = next > start && buffer[next - 1] === CR ? next - 1 : next;
    number++;
    if (!isBlank(buffer, start, end)) yield { start, end, number };
    start = next + 1;
  }
}

const isBlank = (buffer: Buffer, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) if (buffer[at] !== SPACE && buffer[at] !== TAB) return false;
  return true;
};

const tooMany = (most: number, what: string) =>
  httpError("TOO_LARGE", `More than ${most} ${what} in one request; send them in parts.`);

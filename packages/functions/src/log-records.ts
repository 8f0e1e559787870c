import { Buffer } from "node:buffer";

/** How our own clients and the API's examples write an event; and the gzip of CloudWatch Logs, plain or in base64. */
const METRIC_START = Buffer.from('{"type":"metric"');
const LOG_START = Buffer.from('{"type":"log"');
const GZIP_STARTS = [Buffer.from([0x1f, 0x8b]), Buffer.from("H4sI")];
const TYPE = '"type"';

/**
 * Whether a record is for the log stage: what the mapping's filter lets through, and records of CloudWatch Logs, which it
 * would drop. Most records tell by their first bytes; only those that begin in another way are parsed.
 */
export const isForLogs = (data: Uint8Array): boolean =>
  isForLogsAt(Buffer.from(data.buffer, data.byteOffset, data.byteLength), 0, data.length);

/** The same of the record that stands at `from` to `to`. */
export const isForLogsAt = (bytes: Buffer, from: number, to: number): boolean => {
  if (startsWith(bytes, from, to, METRIC_START)) {
    // A second type, a tag's or one that replaces the first, needs a closer look.
    const next = bytes.indexOf(TYPE, from + METRIC_START.length);
    if (next === -1 || next >= to) return false;
  } else if (startsWith(bytes, from, to, LOG_START)) return true;
  return GZIP_STARTS.some((start) => startsWith(bytes, from, to, start)) || isLogEvent(bytes.subarray(from, to));
};

/** By hand: a call into Node for each record would cost more than the comparison. */
const startsWith = (bytes: Buffer, from: number, to: number, start: Buffer): boolean => {
  if (to - from < start.length) return false;
  for (let at = 0; at < start.length; at++) if (bytes[from + at] !== start[at]) return false;
  return true;
};

const utf8 = new TextDecoder("utf-8", { fatal: true });
const isLogEvent = (data: Uint8Array): boolean => {
  try {
    const value: unknown = JSON.parse(utf8.decode(data));
    return typeof value === "object" && value !== null && "type" in value && value.type === "log";
  } catch {
    return false;
  }
};

import { Buffer } from "node:buffer";

/** How our own clients and the API's examples write a metric event; and the gzip of CloudWatch Logs, plain or in base64. */
const METRIC_START = Buffer.from('{"type":"metric"');
const LOG_START = Buffer.from('{"type":"log"');
const GZIP_STARTS = [Buffer.from([0x1f, 0x8b]), Buffer.from("H4sI")];
const TYPE = '"type"';

const startsWith = (data: Buffer, start: Buffer): boolean =>
  data.length >= start.length && data.compare(start, 0, start.length, 0, start.length) === 0;

/**
 * Whether a record is for the log stage: what the mapping's filter lets through, and records of CloudWatch Logs, which it
 * would drop. Most records tell by their first bytes; only those that begin in another way are parsed.
 */
export const isForLogs = (data: Uint8Array): boolean => {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (startsWith(bytes, LOG_START)) return true;
  // A second type, a tag's or one that replaces the first, needs a closer look.
  if (startsWith(bytes, METRIC_START) && bytes.indexOf(TYPE, METRIC_START.length) === -1) return false;
  return GZIP_STARTS.some((start) => startsWith(bytes, start)) || isLogEvent(bytes);
};

const utf8 = new TextDecoder("utf-8", { fatal: true });
const isLogEvent = (bytes: Buffer): boolean => {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    return typeof value === "object" && value !== null && "type" in value && value.type === "log";
  } catch {
    return false;
  }
};

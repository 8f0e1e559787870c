import type { StreamRecord } from "../store/ports.ts";
import { type Decoded, decodeEvent, encodeEvent } from "./decode.ts";
import { decodeRecord, type Inflate, isPacked } from "./decode-record.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

const encoder = new TextEncoder();
const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A line without its line feed, and where it goes. */
export type ArchiveLine = { archived: boolean; bytes: Uint8Array };

/**
 * What is kept of a record: one line, but of a record of CloudWatch Logs one for each of its log events, each archived
 * or quarantined for itself; none of its control messages.
 */
export const linesOf = (record: StreamRecord, inflate: Inflate): ArchiveLine[] => {
  if (!isPacked(record.data)) return [lineOf(record)];
  return decodeRecord(record.data, inflate).map((decoded, part) => {
    if (decoded.ok) return { archived: true, bytes: encodeEvent(decoded.event) };
    const { reason, text } = decoded;
    const line = text === undefined ? quarantineLine(record, reason) : partLine(record, reason, text, part);
    return { archived: false, bytes: encoder.encode(line) };
  });
};

/** A valid event stays byte for byte as it arrived; everything else becomes a quarantine line with its reason. */
const lineOf = (record: StreamRecord): ArchiveLine => {
  const decoded: Decoded = decodeEvent(record.data);
  if (!decoded.ok) return { archived: false, bytes: encoder.encode(quarantineLine(record, decoded.reason)) };
  return { archived: true, bytes: isOneLine(record.data) ? record.data : onOneLine(record.data) };
};

/** `{reason, record, shardId, sequenceNumber}`; bytes that are no UTF-8 are kept as base64 and say so. */
export const quarantineLine = (
  record: Pick<StreamRecord, "data" | "shardId" | "sequenceNumber">,
  reason: string,
): string => {
  const { shardId, sequenceNumber } = record;
  const text = utf8OrUndefined(record.data);
  if (text !== undefined) return JSON.stringify({ reason, record: text, shardId, sequenceNumber });
  return JSON.stringify({ reason, record: base64(record.data), encoding: "base64", shardId, sequenceNumber });
};

/** Of one log event among a record's: `record` is the event that it would have been. */
const partLine = ({ shardId, sequenceNumber }: StreamRecord, reason: string, text: string, part: number): string =>
  JSON.stringify({ reason, record: text, shardId, sequenceNumber, part });

/** Lines → one object; each line ends with a line feed. */
export const joinLines = (lines: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(lines.reduce((bytes, line) => bytes + line.length + 1, 0));
  let at = 0;
  for (const line of lines) {
    joined.set(line, at);
    at += line.length + 1;
    joined[at - 1] = LINE_FEED;
  }
  return joined;
};

const isOneLine = (data: Uint8Array): boolean => !data.includes(LINE_FEED) && !data.includes(CARRIAGE_RETURN);

/** Inside a JSON string a raw line end is not allowed, so those of a valid event stand between its tokens. */
const onOneLine = (data: Uint8Array): Uint8Array =>
  encoder.encode(JSON.stringify(JSON.parse(lenientDecoder.decode(data))));

const utf8OrUndefined = (data: Uint8Array): string | undefined => {
  try {
    return strictDecoder.decode(data);
  } catch {
    return undefined;
  }
};

const base64 = (data: Uint8Array): string => {
  let binary = "";
  for (const byte of data) binary += String.fromCharCode(byte);
  return btoa(binary);
};

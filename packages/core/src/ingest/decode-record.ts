import { AppError } from "../errors.ts";
import { cloudWatchEvents } from "../log/line/cloudwatch.ts";
import { decodeEvent, decodeValue, MAX_RECORD_BYTES, nestsDeeper, type Refused, refused, TOO_DEEP } from "./decode.ts";
import type { Event } from "./event.ts";

/** gzip inflated, at most so many bytes; throws beyond them and on what is no gzip. (`node:zlib`'s, at the edge.) */
export type Inflate = (bytes: Uint8Array, maxBytes: number) => Uint8Array;

/** One event of a record. Of one that was refused for itself alone, `text` is what it would have been, as JSON. */
export type DecodedPart = { ok: true; event: Event } | (Refused & { text?: string });

/** CloudWatch Logs compresses 1 MB of log events at most, and some fields of its own with them. */
const MAX_INFLATED_BYTES = 8 * 1024 * 1024;
/** What gzip begins with, and the base64 of that. */
const [GZIP_0, GZIP_1] = [0x1f, 0x8b];
const GZIP_IN_BASE64 = new TextEncoder().encode("H4sI");

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Whether a record is meant as one of CloudWatch Logs, which holds any number of log events: compressed, or that in
 * base64. No JSON begins so.
 */
export const isPacked = (data: Uint8Array): boolean => {
  if (data[0] === GZIP_0) return data[1] === GZIP_1;
  return data[0] === GZIP_IN_BASE64[0] && GZIP_IN_BASE64.every((byte, at) => data[at] === byte);
};

/**
 * The events of one stream record, each decoded or refused, in order: one of a plain record, those of a CloudWatch Logs
 * subscription record, none of its control messages. What cannot be read at all is one refused event. Never throws.
 */
export const decodeRecord = (data: Uint8Array, inflate: Inflate): DecodedPart[] => {
  if (!isPacked(data)) return [decodeEvent(data)];
  if (data.length > MAX_RECORD_BYTES) return [refused(`larger than ${MAX_RECORD_BYTES} bytes`)];
  const text = unpack(data, inflate);
  if (typeof text !== "string") return [text];
  if (nestsDeeper(text)) return [TOO_DEEP];
  try {
    return cloudWatchEvents(text).map(decodePart);
  } catch (error) {
    return [refused(messageOf(error))];
  }
};

const decodePart = (value: unknown): DecodedPart => {
  const decoded = decodeValue(value);
  return decoded.ok ? decoded : { ...decoded, text: JSON.stringify(value) };
};

const unpack = (data: Uint8Array, inflate: Inflate): string | Refused => {
  let bytes: Uint8Array;
  try {
    bytes = inflate(data[0] === GZIP_0 ? data : fromBase64(data), MAX_INFLATED_BYTES);
  } catch (error) {
    return refused(`cannot be inflated to at most ${MAX_INFLATED_BYTES} bytes: ${messageOf(error)}`);
  }
  try {
    return decoder.decode(bytes);
  } catch {
    return refused("not UTF-8, once inflated");
  }
};

const fromBase64 = (data: Uint8Array): Uint8Array => {
  let binary: string;
  try {
    binary = atob(decoder.decode(data));
  } catch {
    throw new AppError("VALIDATION", "not base64");
  }
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

import type { ZodError } from "zod";
import { Event } from "./event.ts";
import { plainEvent } from "./plain-event.ts";

/** Kinesis' own limit for one record's data. */
export const MAX_RECORD_BYTES = 1024 * 1024;
/** A valid event is two levels deep; the rest is room for a reason that names the field instead of the depth. */
const MAX_DEPTH = 16;
/** UTF-16 units beyond which the depth is looked at before the text is parsed. */
const LONG_TEXT = 8192;
const [QUOTE, BACKSLASH, BRACKET, BRACE] = [0x22, 0x5c, 0x5b, 0x7b];
/** Reasons quote what a producer wrote: keep them readable in a list. */
const MAX_REASON_LENGTH = 300;

/** A byte order mark must not be swallowed: JSON does not allow one, so that the record is refused with a reason. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export type Decoded = { ok: true; event: Event } | { ok: false; reason: string };

/** Bytes of one stream record → the event, or why there is none. Never throws: bad input is a result. */
export const decodeEvent = (data: Uint8Array): Decoded => {
  if (data.length > MAX_RECORD_BYTES) return refused(`larger than ${MAX_RECORD_BYTES} bytes`);
  let text: string;
  try {
    text = decoder.decode(data);
  } catch {
    return refused("not UTF-8");
  }
  return decodeText(text);
};

/** The same for text that is already decoded: one line of an upload, say. */
export const decodeText = (text: string): Decoded => {
  // A million brackets take JSON.parse half a second, a scan for them a few milliseconds.
  if (text.length > LONG_TEXT && nestsDeeper(text)) return TOO_DEEP;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refused(notJson(text, error));
  }
  const plain = plainEvent(value);
  if (plain) return { ok: true, event: plain };
  return nestsDeeper(text) ? TOO_DEEP : decodeBySchema(value);
};

/** The same for a parsed JSON value. */
export const decodeValue = (value: unknown): Decoded => {
  const plain = plainEvent(value);
  return plain ? { ok: true, event: plain } : decodeBySchema(value);
};

/** The schema alone: what every event outside the plain form goes through. */
export const decodeBySchema = (value: unknown): Decoded => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refused("not a JSON object");
  // The schema's records pass over this key in silence; a metric that disappears is worse than one that is refused.
  if (hasPrototypeKey(value)) return refused('the key "__proto__" is not allowed');
  const parsed = Event.safeParse(value);
  return parsed.success ? { ok: true, event: parsed.data } : refused(reasonOf(parsed.error));
};

/** One line of the archive or of an upload; `decodeEvent` gives the same event back. */
export const encodeEvent = (event: Event): Uint8Array => encoder.encode(JSON.stringify(event));

export type Refused = Extract<Decoded, { ok: false }>;
export const refused = (reason: string): Refused => ({ ok: false, reason: cut(reason) });

export const TOO_DEEP: Refused = { ok: false, reason: `nested deeper than ${MAX_DEPTH} levels` };

const cut = (text: string): string => {
  const whole = text.toWellFormed();
  return whole.length <= MAX_REASON_LENGTH ? whole : `${whole.slice(0, MAX_REASON_LENGTH).toWellFormed()}…`;
};

const notJson = (text: string, error: unknown): string => {
  if (text.length === 0) return "empty";
  if (text.startsWith("\uFEFF")) return "begins with a byte order mark";
  return `not JSON: ${error instanceof Error ? error.message : String(error)}`;
};

/** Brackets outside strings; stops at the first that goes too deep. */
export const nestsDeeper = (text: string): boolean => {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (inString) {
      if (unit === BACKSLASH) at++;
      else if (unit === QUOTE) inString = false;
      continue;
    }
    if (unit === QUOTE) inString = true;
    else if (unit === BRACKET || unit === BRACE) {
      if (++depth > MAX_DEPTH) return true;
    } else if (unit === BRACKET + 2 || unit === BRACE + 2) depth--;
  }
  return false;
};

const hasPrototypeKey = (value: object): boolean =>
  Object.hasOwn(value, "__proto__") ||
  ["values", "tags"].some((field) => {
    const inner = Object.hasOwn(value, field) && (value as Record<string, unknown>)[field];
    return typeof inner === "object" && inner !== null && Object.hasOwn(inner, "__proto__");
  });

const path = (keys: PropertyKey[]): string => (keys.length > 0 ? `${keys.map(String).join(".")}: ` : "");

/** First problem only, as `field: rule`. */
const reasonOf = (error: ZodError): string => {
  const issue = error.issues[0];
  if (!issue) return "not an event";
  const saysItself = issue.path.length <= 1 && issue.message.startsWith(String(issue.path[0] ?? ""));
  const at = saysItself && issue.code !== "unrecognized_keys" ? "" : path(issue.path);
  if (issue.code === "unrecognized_keys") return `${at}unknown key ${JSON.stringify(issue.keys[0])}`;
  if (issue.code === "invalid_key") return `${at}${issue.issues[0]?.message ?? issue.message}`;
  if (issue.code === "invalid_union" && issue.path[0] === "type") return 'type: must be "metric" or "log"';
  return `${at}${issue.message}`;
};

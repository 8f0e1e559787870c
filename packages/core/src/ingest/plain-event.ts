import {
  EARLIEST_TIMESTAMP_MS,
  type Event,
  LATEST_TIMESTAMP_MS,
  type LogEvent,
  MAX_MESSAGE_BYTES,
  MAX_METRICS,
  MAX_TAGS,
  type MetricEvent,
} from "./event.ts";

/** A string of this many UTF-16 units is at most 255 bytes of UTF-8 (3 per unit): within the limit of a name. */
const SURELY_SHORT = 85;

/** A message of this many UTF-16 units is at most 32 KB of UTF-8. */
const SURELY_FITTING = Math.floor(MAX_MESSAGE_BYTES / 3);

/**
 * Accepts events of the usual form, about ten times as fast as the schema, and leaves everything else to it:
 * `undefined` means "ask the schema", never "invalid". What it accepts, the schema accepts with the same result.
 */
export const plainEvent = (value: unknown): Event | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const { type, entity, timestamp, tags } = value as Record<string, unknown>;
  if (!isPlainName(entity)) return undefined;
  const timestampMs = typeof timestamp === "string" ? plainTime(timestamp) : timestamp;
  if (!isTimestamp(timestampMs) || !(tags === undefined || isPlainTags(tags))) return undefined;
  if (type === "metric") return plainMetric(value, entity, timestampMs, tags);
  return type === "log" ? plainLog(value, entity, timestampMs, tags) : undefined;
};

type Tags = Record<string, string> | undefined;

const plainMetric = (value: object, entity: string, timestamp: number, tags: Tags): MetricEvent | undefined => {
  const { values } = value as Record<string, unknown>;
  if (!hasOnly(METRIC_KEYS, value) || !isPlainValues(values)) return undefined;
  return tags ? { type: "metric", entity, timestamp, values, tags } : { type: "metric", entity, timestamp, values };
};

const plainLog = (value: object, entity: string, timestamp: number, tags: Tags): LogEvent | undefined => {
  const { message, session } = value as Record<string, unknown>;
  if (!hasOnly(LOG_KEYS, value) || typeof message !== "string" || message.length > SURELY_FITTING) return undefined;
  const event: LogEvent = { type: "log", entity, timestamp, message };
  if (session !== undefined) {
    if (!isPlainName(session)) return undefined;
    event.session = session;
  }
  if (tags) event.tags = tags;
  return event;
};

const METRIC_KEYS = new Set(["type", "entity", "timestamp", "values", "tags"]);
const LOG_KEYS = new Set(["type", "entity", "timestamp", "message", "session", "tags"]);

const hasOnly = (keys: ReadonlySet<string>, value: object): boolean => {
  for (const key in value) if (!keys.has(key)) return false;
  return true;
};

const isPlainName = (name: unknown): name is string =>
  typeof name === "string" && name.length > 0 && name.length <= SURELY_SHORT && name.isWellFormed();

const isTimestamp = (ms: unknown): ms is number =>
  Number.isInteger(ms) && (ms as number) >= EARLIEST_TIMESTAMP_MS && (ms as number) < LATEST_TIMESTAMP_MS;

const isPlainValues = (values: unknown): values is MetricEvent["values"] => {
  if (typeof values !== "object" || values === null || Array.isArray(values)) return false;
  let count = 0;
  for (const key in values) {
    const value = (values as Record<string, unknown>)[key];
    if (value !== null && !Number.isFinite(value)) return false;
    if (!isPlainName(key) || key === "__proto__" || ++count > MAX_METRICS) return false;
  }
  return count > 0;
};

const isPlainTags = (tags: unknown): tags is Record<string, string> => {
  if (typeof tags !== "object" || tags === null || Array.isArray(tags)) return false;
  let count = 0;
  for (const key in tags) {
    if (!isPlainName((tags as Record<string, unknown>)[key])) return false;
    if (!isPlainName(key) || key === "__proto__" || ++count > MAX_TAGS) return false;
  }
  return true;
};

const ISO_SECONDS_LENGTH = "2026-11-20T10:00:00Z".length;
const ISO_MILLISECONDS_LENGTH = "2026-11-20T10:00:00.000Z".length;
/** Every month has this many days; later ones go the slow way, which knows the calendar. */
const DAYS_OF_EVERY_MONTH = 28;

/** `2026-11-20T10:00:00Z` or with milliseconds, by digits: `Date.parse` costs four times as much. NaN: not plain. */
const plainTime = (text: string): number => {
  const withMs = text.length === ISO_MILLISECONDS_LENGTH;
  if (!withMs && text.length !== ISO_SECONDS_LENGTH) return Number.NaN;
  if (text[4] !== "-" || text[7] !== "-" || text[10] !== "T" || text[13] !== ":" || text[16] !== ":") return Number.NaN;
  if (text[text.length - 1] !== "Z" || (withMs && text[19] !== ".")) return Number.NaN;
  const [month, day] = [digits(text, 5, 2), digits(text, 8, 2)];
  const [hour, minute, second] = [digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2)];
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= DAYS_OF_EVERY_MONTH)) return Number.NaN;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
  return Date.UTC(digits(text, 0, 4), month - 1, day, hour, minute, second, withMs ? digits(text, 20, 3) : 0);
};

const digits = (text: string, from: number, count: number): number => {
  let number = 0;
  for (let at = from; at < from + count; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
};

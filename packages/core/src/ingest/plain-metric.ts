import { EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS, MAX_METRICS, MAX_TAGS, type MetricEvent } from "./event.ts";

/** A string of this many UTF-16 units is at most 255 bytes of UTF-8 (3 per unit): within the limit of a name. */
const SURELY_SHORT = 85;

/**
 * Accepts metric events of the usual form, about ten times as fast as the schema, and leaves everything else to it:
 * `undefined` means "ask the schema", never "invalid". What it accepts, the schema accepts with the same result.
 */
export const plainMetricEvent = (value: unknown): MetricEvent | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const { type, entity, timestamp, values, tags } = value as Record<string, unknown>;
  if (type !== "metric" || !isPlainName(entity)) return undefined;
  if (!hasOnlyEventKeys(value)) return undefined;
  const timestampMs = typeof timestamp === "string" ? plainTime(timestamp) : timestamp;
  if (!isTimestamp(timestampMs) || !isPlainValues(values)) return undefined;
  if (tags === undefined) return { type, entity, timestamp: timestampMs, values };
  return isPlainTags(tags) ? { type, entity, timestamp: timestampMs, values, tags } : undefined;
};

const isPlainName = (name: unknown): name is string =>
  typeof name === "string" && name.length > 0 && name.length <= SURELY_SHORT && name.isWellFormed();

const hasOnlyEventKeys = (value: object): boolean => {
  for (const key in value) {
    if (key !== "type" && key !== "entity" && key !== "timestamp" && key !== "values" && key !== "tags") return false;
  }
  return true;
};

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

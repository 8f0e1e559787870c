import { z } from "zod";

/** UTF-8 bytes of an entity, tag or metric name: it becomes part of table keys, which DynamoDB caps at 1 KB. */
const MAX_NAME_BYTES = 256;
/** UTF-8 bytes of a log message. */
export const MAX_MESSAGE_BYTES = 32 * 1024;
export const MAX_METRICS = 64;
export const MAX_TAGS = 32;

/** Events outside this range are a producer's mistake in unit (seconds for milliseconds, say), not history. */
export const EARLIEST_TIMESTAMP_MS = Date.UTC(1990, 0, 1);
export const LATEST_TIMESTAMP_MS = Date.UTC(2100, 0, 1);

const utf8Length = (text: string): number => {
  if (text.length * 3 <= MAX_NAME_BYTES) return text.length;
  return new TextEncoder().encode(text).length;
};

const name = (what: string) =>
  z
    .string(`${what} must be a string`)
    .min(1, `${what} must not be empty`)
    .refine((text) => utf8Length(text) <= MAX_NAME_BYTES, `${what} must be at most ${MAX_NAME_BYTES} bytes of UTF-8`)
    .refine((text) => text.isWellFormed(), `${what} must be well-formed Unicode`);

export const EntityName = name("entity");
export const SessionName = name("session");

const timestamp = z
  .union(
    [
      z.int("timestamp must be whole milliseconds"),
      z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
    ],
    {
      error: "timestamp must be RFC 3339 text or whole epoch milliseconds",
    },
  )
  .refine(
    (ms) => ms >= EARLIEST_TIMESTAMP_MS && ms < LATEST_TIMESTAMP_MS,
    "timestamp must lie between 1990 and 2100 (epoch milliseconds, not seconds)",
  );

const tags = z
  .record(name("tag"), name("tag value"), "tags must be an object")
  .refine((all) => Object.keys(all).length <= MAX_TAGS, `tags must have at most ${MAX_TAGS} entries`);

const values = z
  .record(
    name("metric name"),
    z.number("a value must be a finite number or null").nullable(),
    "values must be an object",
  )
  .refine((all) => {
    const count = Object.keys(all).length;
    return count >= 1 && count <= MAX_METRICS;
  }, `values must have 1 to ${MAX_METRICS} metrics`);

/** What a producer sends: the same on the HTTP API, on the stream and in the archive. `null` is a missing value. */
export const MetricEvent = z.strictObject({
  type: z.literal("metric"),
  entity: EntityName,
  timestamp,
  values,
  tags: tags.optional(),
});

const LogEvent = z.strictObject({
  type: z.literal("log"),
  entity: EntityName,
  timestamp,
  message: z
    .string("message must be a string")
    .refine(
      (text) => new TextEncoder().encode(text).length <= MAX_MESSAGE_BYTES,
      "message must be at most 32 KB of UTF-8",
    ),
  session: SessionName.optional(),
  tags: tags.optional(),
});

export const Event = z.discriminatedUnion("type", [MetricEvent, LogEvent]);

/** Parsed: `timestamp` is epoch milliseconds whatever the producer wrote. */
export type MetricEvent = z.output<typeof MetricEvent>;
export type LogEvent = z.output<typeof LogEvent>;
export type Event = z.output<typeof Event>;

/** Metrics go to the shard of their entity, log lines to that of their session, so that a series keeps its order. */
export const partitionKey = (event: Event): string =>
  event.type === "log" ? (event.session ?? event.entity) : event.entity;

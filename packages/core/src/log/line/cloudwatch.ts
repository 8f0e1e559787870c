import { AppError } from "../../errors.ts";

/** UTF-8 bytes of a tag's value, by the event's schema; names of log streams may be longer, and are cut. */
const MAX_STREAM_BYTES = 256;
/** CloudWatch packs some thousand; what holds more was made to hurt. */
const MAX_LOG_EVENTS = 50_000;

/**
 * The log events of a CloudWatch Logs subscription record, after base64 and gzip, in the form of log events of the
 * stream, each yet to be checked: the entity is the log group, the tag `stream` the log stream. Control messages have
 * none. Throws `VALIDATION` on what is no such record. Source: AWS, "Real-time processing of log data with
 * subscriptions".
 */
export const cloudWatchEvents = (json: string): unknown[] => {
  const record = parse(json);
  if (record.messageType === "CONTROL_MESSAGE") return [];
  const { messageType, logGroup, logStream, logEvents } = record;
  if (messageType !== "DATA_MESSAGE" || typeof logGroup !== "string" || !Array.isArray(logEvents)) throw notOne();
  if (logEvents.length > MAX_LOG_EVENTS) throw new AppError("VALIDATION", `more than ${MAX_LOG_EVENTS} log events`);
  const tags = typeof logStream === "string" && logStream !== "" ? { tags: { stream: cut(logStream) } } : {};
  return logEvents.map((event) => {
    const { timestamp, message } = Object(event) as Record<string, unknown>;
    return { type: "log", entity: logGroup, timestamp, message: withoutLineEnd(message), ...tags };
  });
};

/** Lambda's messages end with one, other writers' do not. */
const withoutLineEnd = (message: unknown): unknown =>
  typeof message === "string" ? message.replace(/\r?\n$/, "") : message;

const cut = (name: string): string => {
  const { read } = new TextEncoder().encodeInto(name, new Uint8Array(MAX_STREAM_BYTES));
  return name.slice(0, read).toWellFormed();
};

const parse = (json: string): Record<string, unknown> => {
  try {
    return Object(JSON.parse(json));
  } catch {
    throw notOne();
  }
};

const notOne = () =>
  new AppError("VALIDATION", "not a CloudWatch Logs subscription record: messageType, logGroup, logEvents are needed");

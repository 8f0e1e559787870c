import { wireError } from "./wire-error.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html */
const ITERATOR_LIFETIME_MS = 300_000;

/** Where to read on: after a sequence number, or from the oldest record. Stateless, so that a restart keeps it valid. */
export type Position = { shardId: string; after: string | undefined };

const SEQUENCE_NUMBER = /^\d{1,129}$/;

/** The stream's name is part of it: an iterator of another installation is refused instead of read from the wrong place. */
export const encodeIterator = (streamName: string, position: Position, nowMs: number): string =>
  Buffer.from(JSON.stringify([1, streamName, position.shardId, position.after ?? null, nowMs])).toString("base64");

/** @throws WireError InvalidArgumentException, ExpiredIteratorException */
export const decodeIterator = (streamName: string, token: string, nowMs: number): Position => {
  const parts = parse(token);
  if (!Array.isArray(parts) || parts.length !== 5) throw invalidIterator();
  const [version, name, shardId, after, createdMs] = parts;
  const sound =
    version === 1 &&
    name === streamName &&
    typeof shardId === "string" &&
    (after === null || (typeof after === "string" && SEQUENCE_NUMBER.test(after))) &&
    Number.isInteger(createdMs) &&
    createdMs <= nowMs;
  if (!sound) throw invalidIterator();
  if (nowMs - createdMs > ITERATOR_LIFETIME_MS) throw expired(createdMs, nowMs);
  return { shardId, after: after ?? undefined };
};

const parse = (token: string): unknown => {
  try {
    return JSON.parse(Buffer.from(token, "base64").toString("utf8"));
  } catch {
    throw invalidIterator();
  }
};

const invalidIterator = () => wireError("InvalidArgumentException", "Invalid ShardIterator.");

const expired = (createdMs: number, nowMs: number) =>
  wireError(
    "ExpiredIteratorException",
    `Iterator expired. The iterator was created at time ${javaDate(createdMs)} while right now it is ` +
      `${javaDate(nowMs)} which is further in the future than the tolerated delay of ${ITERATOR_LIFETIME_MS} milliseconds.`,
  );

/** As Java's Date prints: `Sat Nov 21 01:22:02 UTC 2026`. */
const javaDate = (ms: number): string => {
  const [weekday, day, month, year, time] = new Date(ms).toUTCString().replace(",", "").split(" ");
  return [weekday, month, day, time, "UTC", year].join(" ");
};

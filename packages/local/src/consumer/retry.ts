import type { KinesisStreamBatchResponse } from "aws-lambda";
import type { EventSourceMapping } from "./mapping.ts";

/** What is delivered together: a batch, or what bisecting left of one. `attempts` failed so far. */
export type Piece<T> = { entries: T[]; attempts: number };

/** `failedAt` is the index of the first entry that is not done; `undefined`: all are done. */
export type Outcome = { failedAt: number | undefined; reason: string };

export type DiscardCondition = "RetryAttemptsExhausted" | "MaximumRecordAgeExceeded";
export type Discard<T> = { entries: T[]; attempts: number; condition: DiscardCondition; reason: string };
export type Verdict<T> = { done: T[]; retry: Piece<T>[]; discard?: Discard<T>; delayed: boolean };

/** First pause after a failure, and the longest. Lambda backs off exponentially and does not say how; these are ours. */
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 30_000;

export const backoffMs = (failures: number): number =>
  Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 20));

/**
 * Reads a handler's answer: nothing or an empty list is full success; several items mean the lowest one, from which the
 * shard goes on; an item that names no record of the batch is a complete failure, as Lambda has it. Without
 * `ReportBatchItemFailures` in the mapping the answer is not looked at.
 */
export const outcomeOf = (
  mapping: EventSourceMapping,
  sequenceNumbers: readonly string[],
  response: KinesisStreamBatchResponse | null | undefined,
): Outcome => {
  const failures = mapping.functionResponseTypes.length > 0 ? (response?.batchItemFailures ?? []) : [];
  if (failures.length === 0) return { failedAt: undefined, reason: "" };
  const positions = failures.map(({ itemIdentifier }) => sequenceNumbers.indexOf(itemIdentifier));
  if (positions.includes(-1)) return { failedAt: 0, reason: "the handler named a record that is not in its batch" };
  return { failedAt: Math.min(...positions), reason: "the handler reported the record as failed" };
};

/**
 * What becomes of a piece after a delivery.
 *
 * Entries before the first failure are done. With bisecting, the rest of a partial success, and both halves of a
 * complete failure, are delivered again without that counting as a retry; otherwise each failure counts, a partial
 * success starting the count anew since its rest begins with another record. When the count passes
 * `maximumRetryAttempts`, the piece is discarded to the on-failure destination and the shard goes on.
 */
export const judge = <T>(mapping: EventSourceMapping, piece: Piece<T>, { failedAt, reason }: Outcome): Verdict<T> => {
  if (failedAt === undefined) return { done: piece.entries, retry: [], delayed: false };
  const done = piece.entries.slice(0, failedAt);
  const rest = piece.entries.slice(failedAt);
  const bisect = mapping.bisectBatchOnFunctionError;
  if (bisect && done.length > 0) return { done, retry: [{ entries: rest, attempts: 0 }], delayed: false };
  if (bisect && rest.length > 1) return { done, retry: halves(rest, piece.attempts), delayed: false };

  const attempts = done.length > 0 ? 1 : piece.attempts + 1;
  const limit = mapping.maximumRetryAttempts;
  if (limit === -1 || attempts <= limit) return { done, retry: [{ entries: rest, attempts }], delayed: true };
  return {
    done,
    retry: [],
    discard: { entries: rest, attempts, condition: "RetryAttemptsExhausted", reason },
    delayed: false,
  };
};

const halves = <T>(entries: T[], attempts: number): Piece<T>[] => {
  const middle = Math.ceil(entries.length / 2);
  return [
    { entries: entries.slice(0, middle), attempts },
    { entries: entries.slice(middle), attempts },
  ];
};

/** Splits off the entries that are too old to be delivered. Arrival times grow within a shard, so they come first. */
export const tooOld = <T>(
  mapping: EventSourceMapping,
  entries: readonly T[],
  arrivalMs: (entry: T) => number,
  nowMs: number,
): number => {
  if (mapping.maximumRecordAgeInSeconds === -1) return 0;
  const oldestMs = nowMs - mapping.maximumRecordAgeInSeconds * 1000;
  const firstYoung = entries.findIndex((entry) => arrivalMs(entry) >= oldestMs);
  return firstYoung === -1 ? entries.length : firstYoung;
};

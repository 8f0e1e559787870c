import { compareSequence } from "@tidewatch/core/ingest/sequence";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import { MAX_PAYLOAD_BYTES } from "./invocation.ts";
import type { EventSourceMapping } from "./mapping.ts";
import { backoffMs, type Discard, judge, type Outcome, type Piece, tooOld } from "./retry.ts";

/** A record on its way through a consumer. */
export type Entry = { record: StreamRecord; payloadBytes: number; acceptedMs: number; done: boolean };

export type LaneStep =
  | { kind: "invoke"; piece: Piece<Entry> }
  | { kind: "discard"; discard: Discard<Entry> }
  | { kind: "wait"; untilMs: number };

/**
 * One lane of a shard: delivers its records in order, one piece at a time, by the mapping's rules. Pure bookkeeping:
 * the caller invokes the handler and reports what came of it, and says what time it is.
 */
export const lane = (mapping: EventSourceMapping) => {
  const windowMs = mapping.maximumBatchingWindowInSeconds * 1000;
  let waiting: Entry[] = [];
  let waitingBytes = 0;
  /** Pieces to be delivered again come before everything that waits: that is what keeps the order. */
  let again: Piece<Entry>[] = [];
  let busy: Piece<Entry> | undefined;
  let failures = 0;
  let notBeforeMs = 0;

  const isFull = (): boolean => waiting.length >= mapping.batchSize || waitingBytes >= MAX_PAYLOAD_BYTES;

  const takeBatch = (): Piece<Entry> => {
    let count = 0;
    let bytes = 0;
    for (const entry of waiting) {
      if (count > 0 && (count >= mapping.batchSize || bytes + entry.payloadBytes > MAX_PAYLOAD_BYTES)) break;
      bytes += entry.payloadBytes;
      count++;
    }
    const entries = waiting.slice(0, count);
    waiting = waiting.slice(count);
    waitingBytes -= bytes;
    return { entries, attempts: 0 };
  };

  const deliver = (piece: Piece<Entry>, nowMs: number): LaneStep => {
    const aged = tooOld(mapping, piece.entries, (entry) => entry.record.arrivalMs, nowMs);
    if (aged === 0) {
      busy = piece;
      return { kind: "invoke", piece };
    }
    const entries = piece.entries.slice(0, aged);
    if (aged < piece.entries.length) again.unshift({ ...piece, entries: piece.entries.slice(aged) });
    busy = { entries, attempts: piece.attempts };
    const reason = `older than ${mapping.maximumRecordAgeInSeconds} s`;
    return {
      kind: "discard",
      discard: { entries, attempts: piece.attempts, condition: "MaximumRecordAgeExceeded", reason },
    };
  };

  return {
    add(entry: Entry): void {
      waiting.push(entry);
      waitingBytes += entry.payloadBytes;
    },
    /** Entries up to `flushThrough` do not wait for the batching window. */
    next(nowMs: number, flushThrough: string | undefined): LaneStep {
      if (busy) return { kind: "wait", untilMs: Number.POSITIVE_INFINITY };
      if (nowMs < notBeforeMs) return { kind: "wait", untilMs: notBeforeMs };
      const piece = again.shift();
      if (piece) return deliver(piece, nowMs);
      const first = waiting[0];
      if (!first) return { kind: "wait", untilMs: Number.POSITIVE_INFINITY };
      const isFlushed = flushThrough !== undefined && compareSequence(first.record.sequenceNumber, flushThrough) <= 0;
      const dueMs = first.acceptedMs + windowMs;
      if (isFull() || isFlushed || nowMs >= dueMs) return deliver(takeBatch(), nowMs);
      return { kind: "wait", untilMs: dueMs };
    },
    /** What came of the delivery under way; gives what has to be discarded now, if anything. */
    settle(outcome: Outcome, nowMs: number): Discard<Entry> | undefined {
      const verdict = judge(mapping, busy!, outcome);
      for (const entry of verdict.done) entry.done = true;
      again = [...verdict.retry, ...again];
      failures = verdict.delayed ? failures + 1 : 0;
      if (verdict.delayed) notBeforeMs = nowMs + backoffMs(failures);
      busy = verdict.discard && { entries: verdict.discard.entries, attempts: verdict.discard.attempts };
      return verdict.discard;
    },
    /** The discarded entries are safe in the on-failure destination. */
    discarded(): void {
      for (const entry of busy!.entries) entry.done = true;
      busy = undefined;
      failures = 0;
    },
    isBusy: (): boolean => busy !== undefined,
  };
};
export type Lane = ReturnType<typeof lane>;

import type { StreamRecord } from "@tidewatch/core/store/ports";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_PAYLOAD_BYTES, toKinesisEvent } from "./invocation.ts";
import { EventSourceMapping } from "./mapping.ts";
import { shardProgress } from "./shard-progress.ts";

const record = (position: number, fields: Partial<StreamRecord> = {}): StreamRecord => ({
  shardId: "shardId-000000000000",
  sequenceNumber: `49${String(position).padStart(54, "0")}`,
  partitionKey: `key-${position % 7}`,
  data: new Uint8Array(10),
  arrivalMs: 1_000_000 + position,
  ...fields,
});
const records = (count: number) => Array.from({ length: count }, (_, index) => record(index + 1));
const progressOf = (fields: Partial<EventSourceMapping>, matches: (data: Uint8Array) => boolean = () => true) =>
  shardProgress(EventSourceMapping.parse(fields), matches, undefined);
const only = (progress: ReturnType<typeof progressOf>, nowMs: number, flush?: string) =>
  progress.next(nowMs, flush)[0]!;
const DONE = { failedAt: undefined, reason: "" };

describe("forming batches", () => {
  test("a batch has at most batchSize records, in order", () => {
    const progress = progressOf({ batchSize: 3 });
    progress.accept(records(5), 0);
    const { step } = only(progress, 0);
    expect(step.kind === "invoke" && step.piece.entries.map((e) => e.record)).toEqual(records(3));
  });

  test("records wait for the batching window, counted from the first one", () => {
    const progress = progressOf({ batchSize: 10, maximumBatchingWindowInSeconds: 5 });
    progress.accept(records(1), 1000);
    progress.accept([record(2)], 4000);
    expect(only(progress, 5999).step).toEqual({ kind: "wait", untilMs: 6000 });
    expect(only(progress, 6000).step).toMatchObject({ kind: "invoke", piece: { entries: { length: 2 } } });
  });

  test("a full batch does not wait for the window", () => {
    const progress = progressOf({ batchSize: 2, maximumBatchingWindowInSeconds: 5 });
    progress.accept(records(2), 1000);
    expect(only(progress, 1000).step.kind).toBe("invoke");
  });

  test("a flush ends the window of the records before it only", () => {
    const progress = progressOf({ batchSize: 10, maximumBatchingWindowInSeconds: 5 });
    progress.accept([record(5)], 1000);
    expect(only(progress, 1000, record(4).sequenceNumber).step.kind).toBe("wait");
    expect(only(progress, 1000, record(5).sequenceNumber).step.kind).toBe("invoke");
  });

  test("an invocation stays below six megabytes", () => {
    const progress = progressOf({ batchSize: 10_000 });
    const large = Array.from({ length: 12 }, (_, i) => record(i + 1, { data: new Uint8Array(900_000) }));
    progress.accept(large, 0);
    const { step } = only(progress, 0);
    const sent = step.kind === "invoke" ? step.piece.entries.map((entry) => entry.record) : [];
    const bytes = (count: number) => JSON.stringify(toKinesisEvent("tidewatch-events", large.slice(0, count))).length;
    expect(sent.length).toBeGreaterThan(0);
    expect(bytes(sent.length)).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
    expect(bytes(sent.length + 1)).toBeGreaterThan(MAX_PAYLOAD_BYTES);
  });

  test("many small records stay below six megabytes too", () => {
    const progress = progressOf({ batchSize: 10_000 });
    progress.accept(
      Array.from({ length: 10_000 }, (_, i) => record(i + 1, { data: new Uint8Array(200) })),
      0,
    );
    const { step } = only(progress, 0);
    const sent = step.kind === "invoke" ? step.piece.entries.map((entry) => entry.record) : [];
    const bytes = JSON.stringify(toKinesisEvent("tidewatch-events", sent)).length;
    expect(bytes).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
    expect(bytes).toBeGreaterThan(0.8 * MAX_PAYLOAD_BYTES);
  });
});

describe("the checkpoint", () => {
  test("passes what was looked at beyond the last record, once that is done", () => {
    const progress = progressOf({ batchSize: 10 });
    progress.accept([record(2)], 0, record(9).sequenceNumber);
    expect([progress.readAfter(), progress.checkpoint()]).toEqual([record(9).sequenceNumber, undefined]);
    const { lane, step } = only(progress, 0);
    expect(step.kind).toBe("invoke");
    lane.settle(DONE, 0);
    progress.settleFront();
    expect(progress.checkpoint()).toBe(record(9).sequenceNumber);
  });

  test("passes records that the filter skips, without an invocation", () => {
    const progress = progressOf({}, () => false);
    progress.accept(records(3), 0);
    expect(only(progress, 0).step.kind).toBe("wait");
    expect(progress.checkpoint()).toBe(record(3).sequenceNumber);
  });

  test("stays before the first record that is not done, though later ones are", () => {
    const progress = progressOf({ batchSize: 1, parallelizationFactor: 10 });
    progress.accept(records(7), 0);
    const steps = progress.next(0, undefined).filter(({ step }) => step.kind === "invoke");
    const first = steps.find(
      ({ step }) => step.kind === "invoke" && step.piece.entries[0]!.record.sequenceNumber === record(1).sequenceNumber,
    )!;
    for (const { lane } of steps) if (lane !== first.lane) lane.settle(DONE, 0);
    progress.settleFront();
    expect(progress.checkpoint()).toBeUndefined();
    first.lane.settle(DONE, 0);
    progress.settleFront();
    expect(progress.checkpoint()).not.toBeUndefined();
  });

  test("moves to the record before a partial failure", () => {
    const progress = progressOf({ functionResponseTypes: ["ReportBatchItemFailures"] });
    progress.accept(records(5), 0);
    only(progress, 0).lane.settle({ failedAt: 3, reason: "" }, 0);
    progress.settleFront();
    expect(progress.checkpoint()).toBe(record(3).sequenceNumber);
  });
});

test("records that are too old are discarded without being delivered", () => {
  const progress = progressOf({ maximumRecordAgeInSeconds: 60 });
  progress.accept([record(1, { arrivalMs: 0 }), record(2, { arrivalMs: 50_000 })], 61_000);
  const { lane, step } = only(progress, 61_000);
  expect(step).toMatchObject({
    kind: "discard",
    discard: { condition: "MaximumRecordAgeExceeded", entries: { length: 1 } },
  });
  lane.discarded();
  expect(only(progress, 61_000).step).toMatchObject({
    kind: "invoke",
    piece: { entries: [{ record: record(2, { arrivalMs: 50_000 }) }] },
  });
});

test("what is held in memory is bounded by batches, not by the stream", () => {
  const progress = progressOf({ batchSize: 100, parallelizationFactor: 2 });
  expect(progress.room()).toBe(300);
  progress.accept(records(300), 0);
  expect(progress.room()).toBe(0);
});

test("whatever fails, each record is done or discarded, in order per key, and the checkpoint ends at the last", () => {
  const scenario = fc.record({
    count: fc.integer({ min: 1, max: 60 }),
    batchSize: fc.integer({ min: 1, max: 20 }),
    parallelizationFactor: fc.integer({ min: 1, max: 3 }),
    bisectBatchOnFunctionError: fc.boolean(),
    maximumRetryAttempts: fc.constantFrom(0, 1, 3),
    poison: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 4 }),
    partial: fc.boolean(),
    /** Failures that go away, one per delivery. */
    hiccups: fc.array(fc.boolean(), { maxLength: 10 }),
  });
  fc.assert(
    fc.property(scenario, ({ count, poison, partial, hiccups, ...fields }) => {
      const progress = progressOf({
        ...fields,
        ...(partial ? { functionResponseTypes: ["ReportBatchItemFailures"] } : {}),
      });
      const bad = new Set(poison.map((position) => record(position).sequenceNumber));
      const finished: StreamRecord[] = [];
      const discarded: StreamRecord[] = [];
      let delivery = 0;
      progress.accept(records(count), 0);
      for (let nowMs = 0, rounds = 0; finished.length + discarded.length < count; nowMs += 40_000, rounds++) {
        expect(rounds, "the shard stands still").toBeLessThan(5000);
        for (const { lane, step } of progress.next(nowMs, undefined)) {
          if (step.kind !== "invoke") continue;
          const delivered = step.piece.entries.map((entry) => entry.record);
          const at = delivered.findIndex(({ sequenceNumber }) => bad.has(sequenceNumber));
          const failedAt = hiccups[delivery++] ? 0 : at === -1 ? undefined : partial ? at : 0;
          finished.push(...delivered.slice(0, failedAt ?? delivered.length));
          const discard = lane.settle({ failedAt, reason: "poison" }, nowMs);
          if (!discard) continue;
          discarded.push(...discard.entries.map((entry) => entry.record));
          lane.discarded();
        }
        progress.settleFront();
      }
      expect([...finished, ...discarded].map((r) => r.sequenceNumber).sort()).toEqual(
        records(count).map((r) => r.sequenceNumber),
      );
      for (const [, ofKey] of Map.groupBy(finished, (r) => r.partitionKey)) {
        expect(ofKey.map((r) => r.arrivalMs)).toEqual(ofKey.map((r) => r.arrivalMs).sort((a, b) => a - b));
      }
      const badOnes = records(count).filter((r) => bad.has(r.sequenceNumber));
      expect(discarded).toEqual(expect.arrayContaining(badOnes));
      // Bisecting finds exactly the bad ones, unless a hiccup used up a record's retries.
      if (fields.bisectBatchOnFunctionError && hiccups.length === 0) expect(discarded).toHaveLength(badOnes.length);
      expect(progress.checkpoint()).toBe(record(count).sequenceNumber);
    }),
    { numRuns: 500 },
  );
});

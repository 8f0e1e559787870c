import { describe, expect, test } from "vitest";
import { EventSourceMapping } from "./mapping.ts";
import { backoffMs, judge, outcomeOf, tooOld } from "./retry.ts";

const mapping = (fields: Partial<EventSourceMapping>) => EventSourceMapping.parse(fields);
const REPORTING = mapping({ functionResponseTypes: ["ReportBatchItemFailures"] });
const NAMES = ["1", "2", "3", "4"];
const failures = (...ids: string[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });
const piece = (attempts = 0) => ({ entries: NAMES, attempts });
const failed = (failedAt: number) => ({ failedAt, reason: "why" });

describe("what a handler's answer means", () => {
  test.each([undefined, null, failures()])("%j is full success", (response) => {
    expect(outcomeOf(REPORTING, NAMES, response).failedAt).toBeUndefined();
  });

  test("of several failures the lowest counts", () => {
    expect(outcomeOf(REPORTING, NAMES, failures("4", "2", "3")).failedAt).toBe(1);
  });

  test.each([[failures("")], [failures("9", "2")]])("%j is a complete failure", (response) => {
    expect(outcomeOf(REPORTING, NAMES, response).failedAt).toBe(0);
  });

  test("a mapping that does not ask for failures does not look at them", () => {
    expect(outcomeOf(mapping({}), NAMES, failures("2")).failedAt).toBeUndefined();
  });
});

describe("what becomes of a batch", () => {
  test("after success all is done", () => {
    expect(judge(mapping({}), piece(), { failedAt: undefined, reason: "" })).toMatchObject({ done: NAMES, retry: [] });
  });

  test("after a partial failure the shard goes on from the failed record", () => {
    const verdict = judge(REPORTING, piece(), failed(2));
    expect(verdict).toMatchObject({ done: ["1", "2"], retry: [{ entries: ["3", "4"], attempts: 1 }] });
  });

  test("after a complete failure the batch is repeated, later", () => {
    const verdict = judge(mapping({}), piece(1), failed(0));
    expect(verdict).toMatchObject({ done: [], retry: [{ entries: NAMES, attempts: 2 }], delayed: true });
  });

  test("bisecting repeats two halves at once and counts no retry", () => {
    const verdict = judge(mapping({ bisectBatchOnFunctionError: true, maximumRetryAttempts: 0 }), piece(), failed(0));
    expect(verdict.retry).toEqual([
      { entries: ["1", "2"], attempts: 0 },
      { entries: ["3", "4"], attempts: 0 },
    ]);
    expect(verdict.delayed).toBe(false);
  });

  test("bisecting after a partial failure repeats only the rest", () => {
    const both = { ...REPORTING, bisectBatchOnFunctionError: true };
    expect(judge(both, piece(), failed(1)).retry).toEqual([{ entries: ["2", "3", "4"], attempts: 0 }]);
  });

  test("after the last retry the batch is discarded with its reason", () => {
    const limited = mapping({ maximumRetryAttempts: 2 });
    expect(judge(limited, piece(1), failed(0)).discard).toBeUndefined();
    expect(judge(limited, piece(2), failed(0)).discard).toEqual({
      entries: NAMES,
      attempts: 3,
      condition: "RetryAttemptsExhausted",
      reason: "why",
    });
  });

  test("a single record cannot be bisected and is discarded after its retries", () => {
    const limited = mapping({ bisectBatchOnFunctionError: true, maximumRetryAttempts: 0 });
    expect(judge(limited, { entries: ["1"], attempts: 0 }, failed(0)).discard?.entries).toEqual(["1"]);
  });
});

test("the pause doubles up to half a minute", () => {
  expect([1, 2, 3, 50].map(backoffMs)).toEqual([100, 200, 400, 30_000]);
});

test("records older than the limit are counted from the front", () => {
  const limited = mapping({ maximumRecordAgeInSeconds: 60 });
  const arrivals = [0, 1000, 40_000, 50_000];
  expect(tooOld(limited, arrivals, (ms) => ms, 61_001)).toBe(2);
  expect(tooOld(limited, arrivals, (ms) => ms, 500_000)).toBe(4);
  expect(tooOld(mapping({}), arrivals, (ms) => ms, 500_000)).toBe(0);
});

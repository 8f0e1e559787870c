import { SHARD_MEMORY_MS } from "@tidewatch/core/score/load";
import { EventSourceMapping } from "@tidewatch/local/consumer/mapping";
import { expect, test } from "vitest";
import { EVENT_SOURCE_MAPPINGS, STREAM_RETENTION_HOURS } from "./event-source-mappings.ts";

const mappings = Object.entries(EVENT_SOURCE_MAPPINGS);
/** Time to hear an alarm, repair the cause and read the records from the stream. */
const REDRIVE_HOURS = 12;

test.each(mappings)("%s is within Lambda's limits, and nothing is left to a default", (_name, mapping) => {
  expect(EventSourceMapping.parse(mapping)).toEqual(mapping);
  expect(Object.keys(mapping).sort()).toEqual(Object.keys(EventSourceMapping.parse({})).sort());
});

test.each(mappings)("what %s gives up stays on the stream long enough to be put back", (_name, mapping) => {
  expect(mapping.maximumRecordAgeInSeconds).toBeGreaterThan(0);
  expect(mapping.maximumRecordAgeInSeconds / 3600).toBeLessThanOrEqual(STREAM_RETENTION_HOURS - REDRIVE_HOURS);
});

test("a series remembers a shard a day longer than its records can be delivered", () => {
  expect(SHARD_MEMORY_MS / 3_600_000).toBeGreaterThanOrEqual(STREAM_RETENTION_HOURS + 24);
});

test("no consumer reads a shard in parallel or skips what came before it: state is per shard, in order", () => {
  for (const [, { parallelizationFactor, startingPosition, functionResponseTypes }] of mappings) {
    expect([parallelizationFactor, startingPosition]).toEqual([1, "TRIM_HORIZON"]);
    expect(functionResponseTypes).toEqual(["ReportBatchItemFailures"]);
  }
});

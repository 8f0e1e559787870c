import { expect, test } from "vitest";
import type { Point, Series } from "../api/shapes.ts";
import { episodeResults, kindName, recordedSeries } from "./episodes.ts";

const fault = { kind: "cpu-hog", startMs: 100_000, endMs: 160_000 };
const rows = (...timestamps: number[]) => timestamps.map((timestamp) => ({ timestamp, grade: 0.5 }) as Point);
const series = (entity: string, lastTimestamp: number | null) =>
  ({ detector: "host", entity, lastTimestamp }) as Series;

test("a fault is found by an anomalous row between its start and one minute after its end", () => {
  const found = (timestamp: number) => episodeResults([fault], rows(timestamp), [])[0]?.anomalousRows;
  expect([99_999, 100_000, 160_000, 220_000, 220_001].map(found)).toEqual([0, 1, 1, 1, 0]);
});

test("the first anomalous row of a fault tells how late it was found", () => {
  expect(episodeResults([fault], rows(90_000, 104_000, 108_000), [])[0]).toMatchObject({
    firstAnomalyMs: 104_000,
    anomalousRows: 2,
  });
  expect(episodeResults([fault], [], [])[0]?.firstAnomalyMs).toBeUndefined();
});

test("normal rows find nothing", () => {
  expect(episodeResults([fault], [{ timestamp: 120_000, grade: 0 } as Point], [])[0]?.anomalousRows).toBe(0);
});

test("a fault is missed when the evaluation says so, whatever rows it has", () => {
  const later = { ...fault, startMs: 300_000, endMs: 360_000 };
  const results = episodeResults([fault, later], rows(104_000, 304_000), [{ ...later }]);
  expect(results.map(({ isMissed }) => isMissed)).toEqual([false, true]);
});

test("the recorded series is the one that ends in the labelled time", () => {
  const all = [series("laptop", 9_000_000), series("recorded-host", 300_000), series("old", 50_000)];
  expect(recordedSeries(all, [fault])?.entity).toBe("recorded-host");
  expect(recordedSeries(all.slice(0, 1), [fault])).toBeUndefined();
  expect(recordedSeries(all, [])).toBeUndefined();
});

test("labels read like words", () => {
  expect(["cpu-hog", "io-storm", "stall"].map(kindName)).toEqual(["CPU hog", "I/O storm", "Stall"]);
});

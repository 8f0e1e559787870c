import { expect, test } from "vitest";
import type { Anomaly } from "../api/shapes.ts";
import { isNeverNegative, mergeAnomalies, sharesOf } from "./anomaly-list.ts";

const anomaly = (entity: string, timestamp: number, more: Partial<Anomaly> = {}) =>
  ({ detector: "host", entity, timestamp, attribution: {}, ...more }) as Anomaly;

test("pages and refreshes join into one list, newest first, without repeats", () => {
  const known = [anomaly("a", 3), anomaly("a", 2), anomaly("a", 1)];
  const fetched = [anomaly("a", 4), anomaly("b", 3), anomaly("a", 3)];
  const merged = mergeAnomalies(known, fetched).map(({ entity, timestamp }) => `${entity}${timestamp}`);
  expect(merged).toEqual(["a4", "a3", "b3", "a2", "a1"]);
});

test("a fresher version of an anomaly replaces the known one", () => {
  const fresh = anomaly("a", 1, { incidentId: "i1" });
  expect(mergeAnomalies([anomaly("a", 1)], [fresh])).toEqual([fresh]);
});

test("attribution is ordered by share, ties by name", () => {
  const shares = sharesOf(anomaly("a", 1, { attribution: { load1: 0.2, cpu: 0.6, disk: 0.2 } }));
  expect(shares.map(({ feature }) => feature)).toEqual(["cpu", "disk", "load1"]);
});

test("a feature is never negative when no anomaly of its detector shows otherwise", () => {
  const listed = [
    anomaly("a", 1, { values: { heat: 3, load: 1 } }),
    anomaly("b", 2, { values: { heat: -2, load: null } }),
    anomaly("a", 3, { detector: "other", values: { load: -1 } }),
  ];
  expect(["heat", "load", "unknown"].map((feature) => isNeverNegative(listed, "host", feature))).toEqual([
    false,
    true,
    true,
  ]);
});

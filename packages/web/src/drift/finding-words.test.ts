import { expect, test } from "vitest";
import type { DriftFinding } from "../api/shapes.ts";
import { effectText, findingName, mostDriftedFirst, mostUrgentFirst } from "./finding-words.ts";

test.each([
  [{ effect: 2.42, unit: "deviations" }, "+2.4 SD"],
  [{ effect: -1.25, unit: "deviations" }, "-1.3 SD"],
  [{ effect: 1.83, unit: "ratio" }, "× 1.8"],
  [{ effect: 0.124, unit: "share" }, "+12 points"],
  [{ effect: 3, unit: "count" }, "3"],
] as const)("%j is a change of %s", (finding, text) => {
  expect(effectText(finding)).toBe(text);
});

test("a finding is called by its feature and what was looked at", () => {
  expect(findingName({ feature: "cpuPercent", statistic: "level" })).toBe("CPU: level");
  expect(findingName({ statistic: "volume" })).toBe("Rows per hour");
});

test("what has drifted comes first, then what is over its limit, each by how far", () => {
  const finding = (feature: string, value: number, isOver: boolean, drifted = false) =>
    ({ feature, value, limit: 2, isOver, drifted }) as DriftFinding;
  const all = [
    finding("calm", 1, false),
    finding("over", 9, true),
    finding("a", -3, true, true),
    finding("b", 5, true, true),
  ];
  expect(mostDriftedFirst(all).map(({ feature }) => feature)).toEqual(["b", "a", "over", "calm"]);
});

test("detectors that drifted come first, the longest first", () => {
  const of = (detector: string, sinceMs: number | null) => ({ detector, sinceMs, drifted: sinceMs !== null });
  const all = [of("b", null), of("late", 9), of("a", null), of("early", 5)];
  expect(mostUrgentFirst(all).map(({ detector }) => detector)).toEqual(["early", "late", "a", "b"]);
});

import { expect, test } from "vitest";
import type { Point } from "../api/shapes.ts";
import { featureColumns, scoreColumns } from "./feature-columns.ts";

const point = (timestamp: number, value: number | null, more: Partial<Point> = {}): Point => ({
  timestamp,
  values: [value, 7],
  score: 1,
  threshold: 3,
  grade: 0,
  expected: [10, 7],
  lower: [5, 6],
  upper: [15, 8],
  state: "scored",
  suppressed: false,
  ...more,
});

test("an anomalous row is marked only on the metrics that left their band", () => {
  const points = [point(1000, 10), point(2000, 40, { grade: 0.7 }), point(3000, 40)];
  const [seconds, , , , values, marks] = featureColumns("load", points, 0);
  expect(seconds).toEqual([1, 2, 3]);
  expect(values).toEqual([10, 40, 40]);
  expect(marks).toEqual([null, 40, null]);
  expect(featureColumns("load", points, 1)[5]).toEqual([null, null, null]);
});

test("the band of a metric that is never negative stops at zero, another one's does not", () => {
  const wide = { lower: [-4, 6] };
  expect(featureColumns("load", [point(1000, 1, wide)], 0)[1]).toEqual([0]);
  expect(featureColumns("load", [point(1000, -1, wide)], 0)[1]).toEqual([-4]);
});

test("the band of a percentage stops at a hundred", () => {
  expect(featureColumns("cpuPercent", [point(1000, 90, { upper: [130, 8] })], 0)[2]).toEqual([100]);
});

test("while warming up there is a value, but neither band nor score", () => {
  const warming = point(1000, 3, { score: null, expected: [], lower: [], upper: [], state: "warming-up" });
  expect(featureColumns("load", [warming], 0)).toEqual([[1], [null], [null], [null], [3], [null]]);
  expect(scoreColumns([warming])).toEqual([[1], [null], [null], [null]]);
});

test("a missing value stays missing", () => {
  expect(featureColumns("load", [point(1000, null, { grade: 1 })], 0)[4]).toEqual([null]);
});

test("the score chart marks the rows with a grade", () => {
  const [, threshold, score, marks] = scoreColumns([point(1000, 1), point(2000, 1, { score: 5, grade: 0.7 })]);
  expect(threshold).toEqual([3, 3]);
  expect(score).toEqual([1, 5]);
  expect(marks).toEqual([null, 5]);
});

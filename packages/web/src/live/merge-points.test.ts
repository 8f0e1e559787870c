import { expect, test } from "vitest";
import type { Point } from "../api/shapes.ts";
import { mergePoints } from "./merge-points.ts";

const points = (...timestamps: number[]) => timestamps.map((timestamp) => ({ timestamp }) as Point);
const times = (merged: Point[]) => merged.map(({ timestamp }) => timestamp);

test("overlapping answers join without a repeat", () => {
  expect(times(mergePoints(points(1, 2, 3), points(3, 4), 10))).toEqual([1, 2, 3, 4]);
});

test("the newest points stay when there are too many", () => {
  expect(times(mergePoints(points(1, 2, 3), points(4, 5), 3))).toEqual([3, 4, 5]);
});

test("an empty answer keeps what is known", () => {
  expect(times(mergePoints(points(1, 2), [], 10))).toEqual([1, 2]);
});

test("a point that was filled in later replaces the older version of it", () => {
  const imputed = { timestamp: 2, state: "imputed" } as Point;
  expect(mergePoints(points(1, 2, 3), [imputed, ...points(3)], 10)[1]).toBe(imputed);
});

test("the first answer is taken as it is", () => {
  expect(times(mergePoints([], points(1, 2), 10))).toEqual([1, 2]);
});

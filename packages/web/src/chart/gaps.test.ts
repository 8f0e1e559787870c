import { expect, test } from "vitest";
import { withGaps } from "./gaps.ts";

const at = (...timestamps: number[]) => timestamps.map((timestamp) => ({ timestamp }));

test("evenly spaced points have no gap", () => {
  expect(withGaps(at(0, 2000, 4000, 7000)).map(({ seconds }) => seconds)).toEqual([0, 2, 4, 7]);
});

test("a pause of more than four usual intervals breaks the line right after the last point before it", () => {
  const drawn = withGaps(at(0, 2000, 4000, 60_000, 62_000));
  expect(drawn.map(({ seconds }) => seconds)).toEqual([0, 2, 4, 4.001, 60, 62]);
  expect(drawn.findIndex(({ point }) => point === undefined)).toBe(3);
});

test("none and one point are no trouble", () => {
  expect(withGaps([])).toEqual([]);
  expect(withGaps(at(5000))).toEqual([{ seconds: 5, point: { timestamp: 5000 } }]);
});

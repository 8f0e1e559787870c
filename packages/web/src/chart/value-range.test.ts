import fc from "fast-check";
import { expect, test } from "vitest";
import { valueRange } from "./value-range.ts";

test("the range holds the data with room on both sides", () => {
  expect(valueRange(-10, 10)).toEqual([-11.6, 11.6]);
});

test("a steady metric is shown with some range around it", () => {
  const [low, high] = valueRange(200, 200);
  expect(low).toBeCloseTo(194.2);
  expect(high).toBeCloseTo(205.8);
});

test("all zeros and no data at all still give a range", () => {
  expect(valueRange(0, 0)).toEqual([0, 0.58]);
  expect(valueRange(null, null)).toEqual([0, 1]);
});

test("whatever the data, they are inside, and non-negative data never get a negative axis", () => {
  const finite = fc.double({ min: -1e12, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(finite, finite, (a, b) => {
      const [min, max] = [Math.min(a, b), Math.max(a, b)];
      const [low, high] = valueRange(min, max);
      return low <= min && high >= max && low < high && (min < 0 || low >= 0);
    }),
  );
});

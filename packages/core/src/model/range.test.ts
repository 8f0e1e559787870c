import fc from "fast-check";
import { expect, test } from "vitest";
import { excess, excessAmongOthers, fitRange, isolationOf } from "./range.ts";

test("a value is as far beyond the range as its distance in widths, inside and missing it is not beyond", () => {
  const range = { low: -1, high: 3, width: 2 };
  expect([-5, -1, 0, 3, 4, Number.NaN].map((value) => excess(range, value))).toEqual([2, 0, 0, 0, 0.5, 0]);
});

test("a steady feature's width is a quarter of its range", () => {
  const values = Float32Array.from({ length: 200 }, (_, row) => (row % 9) - 4);
  expect(fitRange(values)).toMatchObject({ low: -4, high: 4, width: 2 });
});

test("a constant's width is its own magnitude, which scaling has made 1", () => {
  expect(fitRange(new Float32Array(50))).toMatchObject({ low: 0, high: 0, width: 1 });
});

test("a feature that climbs gets a width that lets it climb on", () => {
  const climbing = fitRange(Float32Array.from({ length: 1000 }, (_, row) => row / 1000));
  // One row in ten of the newer half is more than 0.45 above the older half; 16 units of that.
  expect(climbing.width).toBeCloseTo(16 * 0.45, 1);
  expect(excess(climbing, 2)).toBeLessThan(0.2);
  expect(excess(climbing, -20)).toBeGreaterThan(2);
});

test("the row that holds an extreme is judged by the range of the others", () => {
  const range = fitRange(Float32Array.of(0, 1, 2, 1, 0, 1, 2, 10));
  expect(excessAmongOthers(range, 10)).toBe((10 - 2) / range.width);
  expect(excessAmongOthers(range, 2)).toBe(0);
  expect(excessAmongOthers(range, 0)).toBe(0); // there are two
  const low = fitRange(Float32Array.of(-9, 1, 2, 1, 1, 1, 2, 1));
  expect(excessAmongOthers(low, -9)).toBe((1 + 9) / low.width);
});

test("isolation grows with the raw score and with the distance beyond the range, and is always finite", () => {
  const raw = fc.double({ min: 0.01, max: 1, noNaN: true });
  const distance = fc.double({ min: 0, max: 1e38, noNaN: true });
  fc.assert(
    fc.property(raw, raw, distance, distance, (a, b, c, d) => {
      const [low, high] = [isolationOf(Math.min(a, b), Math.min(c, d)), isolationOf(Math.max(a, b), Math.max(c, d))];
      expect(high).toBeGreaterThanOrEqual(low);
      expect(Number.isFinite(high)).toBe(true);
    }),
  );
});

test("isolation is the logarithm of the inverse path", () => {
  // Raw 2^(−E / c): E / c = 2, divided by 1 + 3.
  expect(isolationOf(0.25, 3)).toBeCloseTo(-Math.log(2 / 4), 12);
});

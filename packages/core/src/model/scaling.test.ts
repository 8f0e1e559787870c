import fc from "fast-check";
import { expect, test } from "vitest";
import { fitScaling, scaleRow } from "./scaling.ts";

test("centre is the median, scale 1.4826 times the median absolute deviation", () => {
  // R: x <- c(1, 2, 3, 4, 100); median(x) = 3, mad(x) = 1.4826
  expect(fitScaling(Float64Array.of(100, 1, 2, 4, 3))).toEqual({ center: 3, scale: 1.4826 });
  // R: median(c(1, 2, 4, 8)) = 3, mad = 2.2239
  const even = fitScaling(Float64Array.of(8, 1, 2, 4));
  expect(even.center).toBe(3);
  expect(even.scale).toBeCloseTo(2.2239, 12);
});

test("more than half equal values fall back to the standard deviation", () => {
  const { center, scale } = fitScaling(Float64Array.of(0, 0, 0, 0, 10));
  expect(center).toBe(0);
  expect(scale).toBeCloseTo(4, 12); // population sd of 0, 0, 0, 0, 10
});

test("a constant is scaled by its own magnitude, a constant 0 by 1", () => {
  expect(fitScaling(Float64Array.of(-50, -50, -50))).toEqual({ center: -50, scale: 50 });
  expect(fitScaling(Float64Array.of(0))).toEqual({ center: 0, scale: 1 });
});

test("epoch milliseconds and byte counts keep their differences in float32", () => {
  const { center, scale } = fitScaling(Float64Array.from({ length: 101 }, (_, index) => 1.76e12 + index));
  const out = new Float32Array(2);
  scaleRow([{ center, scale }], [1.76e12 + 50], out, 0);
  scaleRow([{ center, scale }], [1.76e12 + 51], out, 1);
  expect(out[0]).toBe(0);
  expect(out[1]).toBeCloseTo(1 / scale, 6);
});

test("any finite values give a finite centre and a positive finite scale", () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1, maxLength: 30 }), (values) => {
      const { center, scale } = fitScaling(Float64Array.from(values));
      expect(Number.isFinite(center)).toBe(true);
      expect(scale).toBeGreaterThan(0);
      expect(Number.isFinite(scale)).toBe(true);
    }),
  );
});

test("what overflows float32 is cut to its largest value, missing stays missing, places around are untouched", () => {
  const out = new Float32Array(5).fill(7);
  const unit = { center: 0, scale: 1 };
  scaleRow([unit, unit, unit], [1e300, -1e300, Number.NaN], out, 1);
  expect([...out]).toEqual([7, 3.4028234663852886e38, -3.4028234663852886e38, Number.NaN, 7]);
});

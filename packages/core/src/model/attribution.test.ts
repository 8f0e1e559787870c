import fc from "fast-check";
import { expect, test } from "vitest";
import { featureShares, substituteRows } from "./attribution.ts";

const shape = { featureCount: 2, shingleSize: 2 };

test("each substituted row has one feature at the centre in all rows of the shingle", () => {
  const rows = substituteRows(Float32Array.of(1, 2, 3, 4), 1, shape);
  expect([...rows]).toEqual([1, 2, 3, 4, 0, 2, 0, 4, 1, 0, 3, 0]);
});

test("shares are the drops of the raw score, a rise counts as none", () => {
  const out = new Float64Array(4);
  const raw = Float64Array.of(0.75, 0.25, 0.5, 0.5, 0.75, 0.25);
  featureShares(Float32Array.of(9, 9, 9, 9, 9, 9, 9, 9), 2, shape, raw, out);
  expect(out[0]).toBeCloseTo(2 / 3, 12);
  expect(out[1]).toBeCloseTo(1 / 3, 12);
  expect([...out.subarray(2)]).toEqual([0, 1]);
});

test("without any drop the features share by distance from the centre, or equally", () => {
  const out = new Float64Array(4);
  featureShares(Float32Array.of(1, -3, 0, -4, 0, 0, 0, 0), 2, shape, new Float64Array(6).fill(0.5), out);
  expect([...out]).toEqual([1 / 8, 7 / 8, 0.5, 0.5]);
});

test("the shares of any row are not negative and sum to 1", () => {
  const value = fc.oneof(fc.float({ noDefaultInfinity: true }), fc.constant(Number.NaN));
  const raw = fc.float({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 6, maxLength: 6 }),
      fc.array(raw, { minLength: 4, maxLength: 4 }),
      (values, scores) => {
        const out = new Float64Array(3);
        const three = { featureCount: 3, shingleSize: 2 };
        featureShares(Float32Array.from(values), 1, three, Float64Array.from(scores), out);
        expect(Math.min(...out)).toBeGreaterThanOrEqual(0);
        expect(out[0]! + out[1]! + out[2]!).toBeCloseTo(1, 12);
      },
    ),
  );
});

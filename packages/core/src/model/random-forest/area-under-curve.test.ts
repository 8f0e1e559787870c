import { expect, test } from "vitest";
import { areaUnderCurve } from "./area-under-curve.ts";

test("pairs in the right order, ties half, missing scores left out", () => {
  expect(areaUnderCurve([1, 2, 3], [0, 0, 1])).toBe(1);
  expect(areaUnderCurve([3, 2, 1], [0, 0, 1])).toBe(0);
  expect(areaUnderCurve([1, 1], [0, 1])).toBe(0.5);
  // sklearn.metrics.roc_auc_score([0, 0, 1, 1], [.1, .4, .35, .8])
  expect(areaUnderCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
  expect(areaUnderCurve([0.1, Number.NaN, 0.35, 0.8], [0, 0, 1, 1])).toBe(1);
  expect(areaUnderCurve([1, 2], [1, 1])).toBeNaN();
});

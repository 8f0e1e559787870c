import { describe, expect, it } from "vitest";
import { gradeOf, storedGrade, thresholdOf } from "./threshold.ts";

describe("threshold and grade", () => {
  it("maps sensitivity to the documented thresholds", () => {
    expect([1, 3, 5, 7, 10].map(thresholdOf).map((t) => Number(t.toFixed(6)))).toEqual([5.1, 4.3, 3.5, 2.7, 1.5]);
  });

  it("grades 0 below the threshold, 0.1 on it, and 1 three decades beyond", () => {
    expect(gradeOf(3.4999, 3.5)).toBe(0);
    expect(gradeOf(3.5, 3.5)).toBe(0.1);
    expect(gradeOf(4.5, 3.5)).toBeCloseTo(0.4, 12);
    expect(gradeOf(6.5, 3.5)).toBeCloseTo(1, 12);
    expect(gradeOf(16, 3.5)).toBe(1);
  });

  it("keeps a stored anomaly one, though float32 rounds its score below the threshold", () => {
    expect(storedGrade(Math.fround(1.1) - 1e-6, 1.1)).toBe(0.1);
  });
});

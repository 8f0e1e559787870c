import fc from "fast-check";
import { expect, test } from "vitest";
import { anomalyScore, fitCalibration, tailProbability } from "./calibration.ts";
import { Calibration } from "./manifest.ts";
import { randomOf } from "./random.ts";

const rawScore = fc.double({ min: 0.2, max: 0.95, noNaN: true });
const reference = fc.array(rawScore, { minLength: 2, maxLength: 400 }).map((scores) => Float64Array.from(scores));

test("the calibration of any reference satisfies its schema", () => {
  fc.assert(fc.property(reference, (scores) => Calibration.safeParse(fitCalibration(scores)).success));
});

test("a higher raw score never has a higher tail probability or a lower anomaly score", () => {
  fc.assert(
    fc.property(reference, rawScore, rawScore, (scores, a, b) => {
      const calibration = fitCalibration(scores);
      const [low, high] = a < b ? [a, b] : [b, a];
      expect(tailProbability(calibration, high)).toBeLessThanOrEqual(tailProbability(calibration, low));
      expect(anomalyScore(calibration, high)).toBeGreaterThanOrEqual(anomalyScore(calibration, low));
    }),
  );
});

test("the tail probability is continuous, also at the quantiles and where the tail begins", () => {
  const random = randomOf(3);
  const calibration = fitCalibration(Float64Array.from({ length: 2000 }, () => 0.4 + 0.2 * random.unit() ** 2));
  for (const score of calibration.scores) {
    const [before, after] = [anomalyScore(calibration, score - 1e-9), anomalyScore(calibration, score + 1e-9)];
    expect(after - before).toBeLessThan(1e-4);
  }
});

test("on the reference itself the tail probability is the share of rows that score as high", () => {
  const random = randomOf(1);
  const scores = Float64Array.from({ length: 5000 }, () => 0.4 + 0.3 * random.unit() ** 3);
  const calibration = fitCalibration(scores);
  for (const share of [0.9, 0.5, 0.1, 0.05, 0.01]) {
    const reached = scores.filter((score) => tailProbability(calibration, score) <= share).length / scores.length;
    expect(reached / share).toBeGreaterThan(0.9);
    expect(reached / share).toBeLessThan(1.1);
  }
});

test("an exponential reference is extrapolated to its true tail beyond the last row", () => {
  // P(raw ≥ 0.4 + x) = exp(−x / 0.02), so the score of 0.4 + x is x / (0.02 ln 10); 20 references of 5,000 rows.
  const at = 0.4 + 0.02 * Math.log(1e6);
  const found = Array.from({ length: 20 }, (_, seed) => {
    const random = randomOf(seed);
    const scores = Float64Array.from({ length: 5000 }, () => 0.4 - 0.02 * Math.log(1 - random.unit()));
    return anomalyScore(fitCalibration(scores), at);
  });
  const mean = found.reduce((sum, score) => sum + score, 0) / found.length;
  expect(Math.abs(mean - 6)).toBeLessThan(0.5);
});

test("a reference without spread gives its own score 0 and a clearly higher one a high score", () => {
  const calibration = fitCalibration(new Float64Array(600).fill(0.5));
  expect(anomalyScore(calibration, 0.5)).toBe(0);
  expect(anomalyScore(calibration, 0.6)).toBeGreaterThan(4);
  expect(anomalyScore(calibration, 0.99)).toBe(16);
  expect(tailProbability(calibration, 0.99)).toBeCloseTo(1e-16, 20);
});

test("one row, or one that is not finite, is refused", () => {
  expect(() => fitCalibration(Float64Array.of(0.5))).toThrow("at least 2");
  expect(() => fitCalibration(Float64Array.of(0.5, Number.NaN))).toThrow("finite");
});

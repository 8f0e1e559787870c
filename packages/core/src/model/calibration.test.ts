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
  const reached = (share: number) =>
    scores.filter((score) => tailProbability(calibration, score) <= share).length / scores.length;
  for (const share of [0.9, 0.5, 0.1, 0.05, 0.02]) {
    expect(reached(share) / share).toBeGreaterThan(0.9);
    expect(reached(share) / share).toBeLessThan(1.1);
  }
  // Within the tail, which is taken to have no end: this one has.
  expect(reached(0.005) / 0.005).toBeGreaterThan(0.5);
  expect(reached(0.005) / 0.005).toBeLessThan(1.5);
});

/** Mean score of what a share of 10^−decades of all rows pass, over 20 references of 5,000 rows. */
const meanScoreAt = (quantile: (tail: number) => number, decades: number): number => {
  const found = Array.from({ length: 20 }, (_, seed) => {
    const random = randomOf(seed);
    const scores = Float64Array.from({ length: 5000 }, () => quantile(1 - random.unit()));
    return anomalyScore(fitCalibration(scores), quantile(10 ** -decades));
  });
  return found.reduce((sum, score) => sum + score / found.length, 0);
};

test("an exponential reference is extrapolated to its tail, a little cautiously far out", () => {
  const exponential = (tail: number) => 0.4 - 0.02 * Math.log(tail);
  expect(Math.abs(meanScoreAt(exponential, 4) - 4)).toBeLessThan(0.25);
  expect(meanScoreAt(exponential, 6)).toBeLessThan(6);
  expect(meanScoreAt(exponential, 6)).toBeGreaterThan(5.3);
});

test("a reference with a heavy tail is, too", () => {
  // P(raw ≥ x) = (1 + 0.4 x)^(−1 / 0.4): generalised Pareto of shape 0.4. An exponential tail from 2 % on would say 6.5.
  const pareto = (tail: number) => (tail ** -0.4 - 1) / 0.4;
  expect(Math.abs(meanScoreAt(pareto, 4) - 4)).toBeLessThan(0.5);
});

test("scale and shape of the tail are those of probability-weighted moments", () => {
  // 200 rows: the ten highest are 10, of which nine lie above the lowest of them. By hand with NumPy:
  // y = [.1,.2,.3,.5,.7,1,1.5,2.5,6]; F = (i − .35) / 9; a0 = y.mean(); a1 = ((1 − F) * y).mean(); 2 − a0 / (a0 − 2 a1)
  const tail = [0, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2.5, 6];
  const scores = Float64Array.from({ length: 200 }, (_, row) => (row < 190 ? -1 - row / 200 : tail[row - 190]!));
  const { tailScale, tailShape } = fitCalibration(scores);
  // Nine rows of shape 0.369195… and fifty of 0.15.
  expect(tailShape).toBeCloseTo(0.1834366662187842, 12);
  expect(tailScale).toBeCloseTo((12.8 / 9) * (1 - 0.1834366662187842), 12);
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

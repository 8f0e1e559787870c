import fc from "fast-check";
import { expect, test } from "vitest";
import { rankShares } from "../ranks.ts";
import { VAR_PARAMS, type VarModel } from "./model.ts";
import { expectedByVar, scoreVar, varContributions, varShares } from "./score.ts";

const half = Float64Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? 0.5 : 0));
/** Four metrics, one lag: each is expected to be half of what it was. */
const model: VarModel = {
  ...VAR_PARAMS,
  ...{ metrics: 4, lags: 1, windows: 100, cap: 50 },
  centre: Float64Array.of(0.2, 0, 0, 0),
  near: { weights: half, intercept: Float64Array.of(0, 0, 0, 1), sd: Float64Array.of(1, 0.5, 0.1, 1) },
  reach: { weights: new Float64Array(16), intercept: new Float64Array(4), sd: Float64Array.of(1, 1, 1, 1) },
  residualUnit: Float64Array.of(1, 0.5, 0.1, 2),
  levelUnit: Float64Array.of(1, 1, 1, 2),
  levelCap: Float64Array.of(50, 50, 10, 50),
};

test("contributions and score of a row, by hand", () => {
  const vector = Float32Array.of(2, 0, 0, 0, /* then */ 2, -1, 100, 1);
  // Residuals 1, −1, 10 (cut from 100), 0 over their units; levels 2, 1, 10 (capped), 1/2; from the oldest row: 2, 1, 10, 1.
  const contributions = [1 + 0.75 * 2 + 0.3 * 2, 2 + 0.75 + 0.3, 50 + 0.75 * 10 + 0.3 * 10, 0.75 / 2 + 0.3];
  const ours = varContributions(model, vector, 1);
  for (const [metric, contribution] of contributions.entries()) expect(ours[metric]).toBeCloseTo(contribution, 12);
  const [third, second, first, last] = [60.5, 3.1, 3.05, 0.675].map((value) => Math.log(1 + value));
  expect(scoreVar(model, vector, 1)[0]).toBeCloseTo((third! + second! + first! + 0.3 * last!) / 3.3, 12);
});

test("of fewer metrics than ranks all count", () => {
  expect(rankShares(model.ranks, model.metrics).length).toBe(4);
  expect(rankShares(model.ranks, 2)).toEqual([0.5, 0.5]);
});

test("a missing newest value adds nothing, a missing earlier one counts as the mean", () => {
  const missing = Float32Array.of(Number.NaN, 0, 0, 0, 0.1, Number.NaN, 0, 1);
  const [first, second] = varContributions(model, missing, 1);
  // 0.1 is half of the mean 0.2: only the level, and what the oldest row alone says, which is nothing.
  expect(first).toBeCloseTo(0.075 + 0.03, 6);
  expect(second).toBe(0);
  expect(scoreVar(model, new Float32Array(8).fill(Number.NaN), 1)[0]).toBe(0);
});

test("expected values come with their spread", () => {
  const { mean, sd } = expectedByVar(model, Float32Array.of(2, 4, 6, 8, 0, 0, 0, 0));
  expect([...mean]).toEqual([1, 2, 3, 5]);
  expect(sd).toBe(model.near.sd);
});

test("shares name the metric that was strangest in any row of the alarm", () => {
  // Two rows of three metrics.
  expect([...varShares(Float64Array.of(1, 0, 4, 3, 0, 1), 3)]).toEqual([3 / 7, 0, 4 / 7]);
  expect([...varShares(new Float64Array(4), 4)]).toEqual([0.25, 0.25, 0.25, 0.25]);
});

test("a score is finite, not negative, and does not fall when a metric moves further away", () => {
  const value = fc.oneof(fc.float(), fc.float({ min: -20, max: 20, noNaN: true }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 8, maxLength: 8 }), fc.integer({ min: 4, max: 7 }), (list, at) => {
      const vector = Float32Array.from(list);
      const score = scoreVar(model, vector, 1)[0]!;
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThan(10);
      fc.pre(Number.isFinite(vector[at]) && Math.abs(vector[at]!) > 20);
      vector[at] = vector[at]! * 2;
      expect(scoreVar(model, vector, 1)[0]).toBeGreaterThanOrEqual(score);
    }),
  );
});

import { expect, test } from "vitest";
import { ONE } from "./polynomial.ts";
import { forecast, impulseResponse, type LinearProcess, oneStepForecasts, windowWeights } from "./process.ts";

const polynomial = (...terms: [number, number][]) => new Map(terms);
const firstOrder: LinearProcess = { ar: polynomial([0, 1], [1, -0.5]), ma: ONE, constant: 2, sd: 3 };
const mixed: LinearProcess = {
  ar: polynomial([0, 1], [1, -0.5]),
  ma: polynomial([0, 1], [1, 0.4]),
  constant: 1,
  sd: 1,
};

test("a first-order autoregression is forecast by hand", () => {
  const { mean, sd } = forecast(firstOrder, [9, 8], 3);
  expect([...mean]).toEqual([6, 5, 4.5]);
  expect([...sd]).toEqual([3, 3 * Math.sqrt(1.25), 3 * Math.sqrt(1.3125)]);
  expect([...oneStepForecasts(firstOrder, [9, 8, 7])]).toEqual([Number.NaN, 6.5, 6]);
  expect(() => forecast(firstOrder, [], 1)).toThrow("needs the last 1 values, got 0");
});

test("the impulse response of an ARMA(1,1) is (φ + θ)·φʲ⁻¹", () => {
  // Box, Jenkins, Reinsel, 3.4.2.
  expect([...impulseResponse(mixed.ar, mixed.ma, 4)]).toEqual([1, 0.9, 0.45, 0.225]);
});

test("a long enough window forecasts what the recursion does", () => {
  const values = Array.from({ length: 60 }, (_, at) => Math.sin(at) + 2);
  const { weights, constant, missing } = windowWeights(mixed, 40);
  expect(missing).toBeLessThan(1e-15);
  const byWindow = weights.reduce((sum, weight, at) => sum + weight * values[20 + at]!, constant);
  expect(byWindow).toBeCloseTo(forecast(mixed, values, 1).mean[0]!, 12);
  // 0.9·0.4^(k−1): cut off after two, the next two are 0.144 and 0.0576.
  expect(windowWeights(mixed, 2).missing).toBeCloseTo(0.144 + 0.0576, 12);
});

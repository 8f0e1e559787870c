import { expect, test } from "vitest";
import { differencing, ONE } from "./polynomial.ts";
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
  expect(() => forecast(firstOrder, [], 1)).toThrow("needs 1 values in a row, the series has 0");
});

test("a missing value counts as what it was forecast to be, rows before the first complete stretch do not count", () => {
  // 8 is followed by 6, 5, and the row after the gap by 0.5 · 10 + 2.
  expect([...forecast(firstOrder, [8, Number.NaN, Number.NaN], 1).mean]).toEqual([4.5]);
  expect([...forecast(firstOrder, [Number.NaN, 8, Number.NaN, 10], 1).mean]).toEqual([7]);
  const second: LinearProcess = { ar: polynomial([0, 1], [2, -0.5]), ma: ONE, constant: 0, sd: 1 };
  expect([...forecast(second, [1, Number.NaN, 4, 8, Number.NaN], 2).mean]).toEqual([4, 1]);
  expect(() => forecast(second, [1, Number.NaN, 4], 1)).toThrow("needs 2 values in a row, the series has 1");
});

test("the impulse response of an ARMA(1,1) is (φ + θ)·φʲ⁻¹", () => {
  // Box, Jenkins, Reinsel, 3.4.2.
  expect([...impulseResponse(mixed.ar, mixed.ma, 4)]).toEqual([1, 0.9, 0.45, 0.225]);
});

test("a window forecasts what the recursion over its values does, however short it is", () => {
  const values = Array.from({ length: 60 }, (_, at) => Math.sin(at) + 2);
  const seasonal: LinearProcess = {
    ar: differencing(1, 1, 6),
    ma: polynomial([0, 1], [1, -0.6], [6, -0.9], [7, 0.54]),
    constant: 0.1,
    sd: 1,
  };
  for (const process of [firstOrder, mixed, seasonal]) {
    for (const count of [7, 20, 40]) {
      const { weights, constant } = windowWeights(process, count);
      const byWindow = weights.reduce((sum, weight, at) => sum + weight * values[60 - count + at]!, constant);
      expect(byWindow).toBeCloseTo(forecast(process, values.slice(-count), 1).mean[0]!, 10);
    }
  }
  // A season that stands still is continued as it is.
  expect(windowWeights(seasonal, 13).weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
  expect(() => windowWeights(seasonal, 6)).toThrow("looks 7 rows back, a window of 6");
});

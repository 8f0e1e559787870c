import fc from "fast-check";
import { expect, test } from "vitest";
import { forecast } from "../linear/process.ts";
import { randomOf } from "../random.ts";
import { AUTOREGRESSION_PARAMS, fitAutoregression } from "./fit.ts";

/** Box–Muller. */
const normals = (count: number, seed: number): Float64Array => {
  const random = randomOf(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  return Float64Array.from({ length: count }, normal);
};

test("without a penalty it is least squares: R's conditional AR(3) of lh", () => {
  // arima(lh, order = c(3,0,0), method = "CSS"): ar 0.6578 −0.0658 −0.2348, mean 2.3918, sigma² 0.1905 (over all 45 rows).
  const lh = Float64Array.of(
    ...[2.4, 2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2.0, 1.9, 1.7, 2.2, 1.8, 3.2, 3.2, 2.7, 2.2, 2.2, 1.9, 1.9, 1.8],
    ...[2.7, 3.0, 2.3, 2.0, 2.0, 2.9, 2.9, 2.7, 2.7, 2.3, 2.6, 2.4, 1.8, 1.7, 1.5, 1.4, 2.1, 3.3, 3.5, 3.5, 3.1, 2.6],
    ...[2.1, 3.4, 3.0, 2.9],
  );
  const { ar, constant, sd } = fitAutoregression(lh, { lags: [1, 2, 3], ridge: 0 });
  const weights = [1, 2, 3].map((lag) => -ar.get(lag)!);
  expect(weights.map((weight) => weight.toFixed(4))).toEqual(["0.6578", "-0.0658", "-0.2348"]);
  expect((constant / (1 - weights[0]! - weights[1]! - weights[2]!)).toFixed(4)).toBe("2.3918");
  // Here over 45 − 1 − 3 free rows.
  expect(((sd ** 2 * 41) / 45).toFixed(4)).toBe("0.1905");
});

test("it finds the process that made the series, seasonal lag included", () => {
  const noise = normals(20_000, 1);
  const values = new Float64Array(noise.length);
  for (let at = 0; at < values.length; at++) {
    values[at] = 5 + 0.5 * (values[at - 1] ?? 0) + 0.3 * (values[at - 24] ?? 0) + 2 * noise[at]!;
  }
  const { ar, constant, sd } = fitAutoregression(values, { lags: [1, 2, 24], ridge: 1e-6 });
  // Standard errors of about 1/√20,000 = 0.007; four of those.
  expect(Math.abs(ar.get(1)! + 0.5)).toBeLessThan(0.03);
  expect(Math.abs(ar.get(2)!)).toBeLessThan(0.03);
  expect(Math.abs(ar.get(24)! + 0.3)).toBeLessThan(0.03);
  expect(sd).toBeCloseTo(2, 1);
  const gain = [...ar.values()].reduce((sum, coefficient) => sum + coefficient, 0);
  expect(Math.abs(constant / gain - 25)).toBeLessThan(0.5);
});

test("rows around missing values are left out", () => {
  const values = normals(200, 2);
  values[50] = Number.NaN;
  const { ar, sd } = fitAutoregression(values, { lags: [1], ridge: 0.001 });
  expect(Math.abs(ar.get(1)!)).toBeLessThan(0.3);
  expect(sd).toBeCloseTo(1, 0);
});

test("a constant is forecast as itself; too few rows and too large values are refused", () => {
  const constant = fitAutoregression(new Float64Array(40).fill(1e9), AUTOREGRESSION_PARAMS);
  expect(forecast(constant, [], 2)).toEqual({ mean: Float64Array.of(1e9, 1e9), sd: Float64Array.of(0, 0) });
  const few = () => fitAutoregression(normals(20, 3), AUTOREGRESSION_PARAMS);
  expect(few).toThrow("an autoregression on 10 lags needs 22 complete rows, got 10");
  const huge = normals(40, 3).map((value) => value * 1e300);
  expect(() => fitAutoregression(huge, AUTOREGRESSION_PARAMS)).toThrow("too large to be squared");
});

test("shift and unit of the series carry through", () => {
  const values = normals(300, 4).map((value, at) => value + Math.sin(at / 5));
  const plain = fitAutoregression(values, AUTOREGRESSION_PARAMS);
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 1000, noNaN: true }), fc.integer({ min: -50, max: 50 }), (unit, shift) => {
      const moved = fitAutoregression(
        values.map((value) => value * unit + shift),
        AUTOREGRESSION_PARAMS,
      );
      for (const lag of AUTOREGRESSION_PARAMS.lags) expect(moved.ar.get(lag)).toBeCloseTo(plain.ar.get(lag)!, 6);
      expect(moved.sd / plain.sd / unit).toBeCloseTo(1, 6);
    }),
    { numRuns: 30 },
  );
});

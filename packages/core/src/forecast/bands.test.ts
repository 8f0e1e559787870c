import { expect, test } from "vitest";
import type { ArimaOrder } from "../model/arima/css.ts";
import { fitArima, processOf } from "../model/arima/fit.ts";
import { differencing, lagPolynomial, multiply, ONE } from "../model/linear/polynomial.ts";
import type { LinearProcess } from "../model/linear/process.ts";
import { randomOf } from "../model/random.ts";
import { forecastBands } from "./bands.ts";

const HOURLY = { newestMs: 0, intervalMs: 3_600_000 };
const STEPS = 24;
const order = (more: Partial<ArimaOrder>): ArimaOrder => ({
  ...{ p: 0, d: 0, q: 0, seasonalP: 0, seasonalD: 0, seasonalQ: 0, period: 0, hasConstant: false },
  ...more,
});
/** What makes the series, and the order that is fitted to them. */
const cases: [name: string, process: LinearProcess, order: ArimaOrder][] = [
  ["AR(1)", { ar: lagPolynomial([0.8], -1), ma: ONE, constant: 4, sd: 2 }, order({ p: 1, hasConstant: true })],
  [
    "ARMA(2,1)",
    { ar: lagPolynomial([1.2, -0.4], -1), ma: lagPolynomial([0.5], 1), constant: 1, sd: 1 },
    order({ p: 2, q: 1, hasConstant: true }),
  ],
  [
    "random walk",
    { ar: differencing(1, 0, 0), ma: lagPolynomial([-0.4], 1), constant: 0, sd: 3 },
    order({ d: 1, q: 1 }),
  ],
  [
    "season",
    {
      ar: multiply(lagPolynomial([0.6], -1), differencing(0, 1, 12)),
      ma: lagPolynomial([-0.5], 1, 12),
      constant: 0,
      sd: 1,
    },
    order({ p: 1, seasonalD: 1, seasonalQ: 1, period: 12 }),
  ],
];

const simulated = ({ ar, ma, constant, sd }: LinearProcess, rows: number, stream: number): Float64Array => {
  const random = randomOf(11, stream);
  // Box and Muller (1958).
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  const settling = 200;
  const values = new Float64Array(settling + rows);
  const shocks = values.map(() => sd * normal());
  for (let at = 0; at < values.length; at++) {
    let value = constant;
    for (const [lag, coefficient] of ma) value += coefficient * (shocks[at - lag] ?? 0);
    for (const [lag, coefficient] of ar) if (lag > 0) value -= coefficient * (values[at - lag] ?? 0);
    values[at] = value;
  }
  return values.subarray(settling);
};

test.each(cases)("a 95 %% band holds 93 to 97 %% of what comes: %s", (_, process, fitted) => {
  let [held, near] = [0, 0];
  const series = 300;
  for (let stream = 0; stream < series; stream++) {
    const values = simulated(process, 500 + STEPS, stream);
    const past = values.subarray(0, 500);
    const model = processOf(fitArima([past], fitted));
    const bands = forecastBands([model], { columns: [past], ...HOURLY }, { steps: STEPS, level: 0.95 });
    for (const [step, { lower, upper }] of bands.entries()) {
      const value = values[500 + step]!;
      if (value < lower[0]! || value > upper[0]!) continue;
      held++;
      if (step === 0) near++;
    }
  }
  expect(held / (series * STEPS)).toBeGreaterThan(0.93);
  expect(held / (series * STEPS)).toBeLessThan(0.97);
  // Three standard errors of a share of 300.
  expect(near / series).toBeGreaterThan(0.912);
});

test("each feature has its own process; times follow the newest row", () => {
  const walk: LinearProcess = { ar: differencing(1, 0, 0), ma: ONE, constant: 0, sd: 1 };
  const columns = [Float64Array.of(5), Float64Array.of(7)];
  const points = forecastBands(
    [walk, { ...walk, constant: 1, sd: 0 }],
    { columns, newestMs: 50, intervalMs: 10 },
    {
      steps: 2,
      level: 0.95,
    },
  );
  expect(points.map(({ timestamp, mean }) => ({ timestamp, mean }))).toEqual([
    { timestamp: 60, mean: [5, 8] },
    { timestamp: 70, mean: [5, 9] },
  ]);
  expect(points[1]!.upper[0]! - 5).toBeCloseTo(1.95996 * Math.SQRT2, 4);
  expect([points[1]!.lower[1], points[1]!.upper[1]]).toEqual([9, 9]);
});

test("a forecast beyond the largest number is refused", () => {
  const walk: LinearProcess = { ar: differencing(1, 0, 0), ma: ONE, constant: 1e308, sd: 1 };
  const history = { columns: [Float64Array.of(1e308)], ...HOURLY };
  expect(() => forecastBands([walk], history, { steps: 5, level: 0.5 })).toThrow("passes the largest number");
});

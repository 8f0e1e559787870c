import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { forecast, impulseResponse, oneStepForecasts } from "../linear/process.ts";
import { randomOf } from "../random.ts";
import { ARIMA_BOUNDS } from "./bounds.ts";
import { type ArimaOrder, conditionalResiduals, parameterCount, residualDerivatives } from "./css.ts";
import { chooseDifferences, kpssStatistic, seasonalStrength } from "./differences.ts";
import { fitArima, orderName, processOf } from "./fit.ts";
import { selectArima } from "./select.ts";

type Parameters = Record<string, number>;
type Fixture = {
  cases: {
    name: string;
    values: number[];
    order: [number, number, number, number, number, number, number];
    parameters: Parameters;
    errors: Parameters;
    conditional?: Parameters;
    forecast: { mean: number[]; sd: number[] };
  }[];
  kpss: { name: string; values: number[]; lags: number; statistic: number }[];
};
const fixture: Fixture = JSON.parse(readFileSync(new URL("fixtures/statsmodels.json", import.meta.url), "utf8"));

const order = (p: number, d: number, q: number, more: Partial<ArimaOrder> = {}): ArimaOrder => ({
  ...{ p, d, q, seasonalP: 0, seasonalD: 0, seasonalQ: 0, period: 0, hasConstant: false },
  ...more,
});
const numbers = (text: string): Float64Array => Float64Array.from(text.split(" "), Number);
/** Luteinizing hormone in blood samples: Diggle (1990), R's `lh`. */
const lh = numbers(
  "2.4 2.4 2.4 2.2 2.1 1.5 2.3 2.3 2.5 2.0 1.9 1.7 2.2 1.8 3.2 3.2 2.7 2.2 2.2 1.9 1.9 1.8 2.7 3.0 2.3 2.0 2.0 2.9 2.9 " +
    "2.7 2.7 2.3 2.6 2.4 1.8 1.7 1.5 1.4 2.1 3.3 3.5 3.5 3.1 2.6 2.1 3.4 3.0 2.9",
);
/** Monthly airline passengers 1949–1960, thousands: Box, Jenkins (1976), series G. */
const passengers = numbers(
  "112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140 145 150 178 163 172 178 " +
    "199 199 184 162 146 166 171 180 193 181 183 218 230 242 209 191 172 194 196 196 236 235 229 243 264 272 237 211 180 " +
    "201 204 188 235 227 234 264 302 293 259 229 203 229 242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313 " +
    "318 374 413 405 355 306 271 306 315 301 356 348 355 422 465 467 404 347 305 336 340 318 362 348 363 435 491 505 404 " +
    "359 310 337 360 342 406 396 420 472 548 559 463 407 362 405 417 391 419 461 472 535 622 606 508 461 390 432",
).map(Math.log);
const airline = order(0, 1, 1, { seasonalD: 1, seasonalQ: 1, period: 12 });

const seriesOf = (name: string) => Float64Array.from(fixture.cases.find((one) => one.name === name)!.values);

test("R's conditional fit of an AR(3) to lh", () => {
  const model = fitArima([lh], order(3, 0, 0, { hasConstant: true }));
  expect([...model.ar].map((value) => value.toFixed(4))).toEqual(["0.6578", "-0.0658", "-0.2348"]);
  expect(model.mean.toFixed(4)).toBe("2.3918");
  expect((model.sd ** 2).toFixed(4)).toBe("0.1905");
});

test("R's conditional fit of the airline model", () => {
  const model = fitArima([passengers], airline);
  expect(model.ma[0]!.toFixed(4)).toBe("-0.3772");
  expect(model.seasonalMa[0]!.toFixed(4)).toBe("-0.5724");
});

test("moving averages have the coefficients of statsmodels' conditional likelihood", () => {
  for (const { values, order: orders, conditional } of fixture.cases) {
    if (!conditional) continue;
    const [p, d, q, seasonalP, seasonalD, seasonalQ, period] = orders;
    const model = fitArima([Float64Array.from(values)], order(p, d, q, { seasonalP, seasonalD, seasonalQ, period }));
    expect(model.ma[0]).toBeCloseTo(conditional["ma.L1"]!, 5);
    if (seasonalQ > 0) expect(model.seasonalMa[0]).toBeCloseTo(conditional[`ma.S.L${period}`]!, 5);
    expect(model.sd ** 2 / conditional.sigma2!).toBeCloseTo(1, 5);
  }
});

test("all fits lie within a third of a standard error of statsmodels' maximum likelihood", () => {
  for (const { values, order: orders, parameters, errors } of fixture.cases) {
    const [p, d, q, seasonalP, seasonalD, seasonalQ, period] = orders;
    const hasConstant = "intercept" in parameters;
    const spec = order(p, d, q, { seasonalP, seasonalD, seasonalQ, period, hasConstant });
    const model = fitArima([Float64Array.from(values)], spec);
    const gain = 1 - model.ar.reduce((sum, value) => sum + value, 0);
    const ours: Parameters = { sigma2: model.sd ** 2, intercept: model.mean * gain };
    for (const [at, value] of model.ar.entries()) ours[`ar.L${at + 1}`] = value;
    for (const [at, value] of model.ma.entries()) ours[`ma.L${at + 1}`] = value;
    for (const [at, value] of model.seasonalMa.entries()) ours[`ma.S.L${(at + 1) * period}`] = value;
    for (const [name, value] of Object.entries(parameters)) {
      expect(Math.abs(ours[name]! - value) / errors[name]!).toBeLessThan(1 / 3);
    }
  }
});

test("with statsmodels' coefficients, forecasts and their bands are those of statsmodels", () => {
  for (const { values, order: orders, parameters, forecast: theirs } of fixture.cases) {
    const [p, d, q, seasonalP, seasonalD, seasonalQ, period] = orders;
    const coefficients = (prefix: string) =>
      Float64Array.from(
        Object.keys(parameters).filter((name) => name.startsWith(prefix)),
        (name) => parameters[name]!,
      );
    const ar = coefficients("ar.L");
    const process = processOf({
      order: order(p, d, q, { seasonalP, seasonalD, seasonalQ, period }),
      ...{ ar, ma: coefficients("ma.L"), seasonalAr: new Float64Array(0), seasonalMa: coefficients("ma.S.L") },
      mean: (parameters.intercept ?? 0) / (1 - ar.reduce((sum, value) => sum + value, 0)),
      ...{ sd: Math.sqrt(parameters.sigma2!), rows: 0, aicc: 0 },
    });
    const ours = forecast(process, values, 15);
    for (let step = 0; step < 15; step++) {
      // statsmodels' first residuals are not 0 but unknown; what that changes has faded at the end of the series.
      expect(Math.abs(ours.mean[step]! - theirs.mean[step]!) / theirs.sd[step]!).toBeLessThan(1e-4);
      expect(ours.sd[step]! / theirs.sd[step]!).toBeCloseTo(1, 4);
    }
  }
});

test("the KPSS statistic is that of statsmodels", () => {
  for (const { values, lags, statistic } of fixture.kpss) {
    expect(kpssStatistic(Float64Array.from(values), lags)).toBeCloseTo(statistic, 10);
  }
  expect(kpssStatistic(new Float64Array(20).fill(3), 2)).toBe(0);
});

test("a season is strong when it explains the detrended variance, whatever the trend", () => {
  const random = randomOf(9);
  // A season of variance 1 with noise of variance s²/12, of which the moving average takes a part: what is left of it is
  // 1 − 2/p + Σw² by its weights w, 0.71875 for a period of 4 (ends count half) and 6/7 for 7.
  for (const [period, left] of [
    [4, 0.71875],
    [7, 6 / 7],
  ] as const) {
    for (const noise of [0, 1, 4]) {
      const season = (at: number) =>
        period === 4 ? (at % 4 < 2 ? 1 : -1) : Math.sqrt(2) * Math.sin((2 * Math.PI * at) / 7);
      const values = Float64Array.from(
        { length: 2800 },
        (_, at) => at / 10 + season(at) + noise * (random.unit() - 0.5),
      );
      expect(Math.abs(seasonalStrength(values, period) - 1 / (1 + (left * noise ** 2) / 12))).toBeLessThan(0.03);
    }
  }
  expect(seasonalStrength(new Float64Array(40).fill(2), 4)).toBe(0);
  expect(seasonalStrength(Float64Array.of(1, 2, 1, 2, 1), 2)).toBe(0);
});

test("differences: none for noise, one for a walk, the season's for a season, and never more than allowed", () => {
  const random = randomOf(10);
  const noise = Float64Array.from({ length: 400 }, () => random.unit() - 0.5);
  let sum = 0;
  const walk = noise.map((value) => {
    sum += value;
    return sum;
  });
  expect(chooseDifferences(noise, 0, 2)).toEqual({ d: 0, seasonalD: 0 });
  expect(chooseDifferences(walk, 0, 2)).toEqual({ d: 1, seasonalD: 0 });
  expect(chooseDifferences(walk, 0, 0)).toEqual({ d: 0, seasonalD: 0 });
  const seasonal = noise.map((value, at) => value + (at % 6));
  expect(chooseDifferences(seasonal, 6, 2)).toEqual({ d: 0, seasonalD: 1 });
});

test("automatic orders are those of R's auto.arima for the airline passengers and the Nile, and that which made the data", () => {
  const name = (values: Float64Array, period = 0) =>
    orderName(selectArima([values], { ...ARIMA_BOUNDS, period }).order);
  expect(name(passengers, 12)).toBe("ARIMA(0,1,1)(0,1,1)[12]");
  expect(name(seriesOf("nile"))).toBe("ARIMA(1,1,1)");
  expect(name(seriesOf("arma"))).toBe("ARIMA(2,0,1) with mean");
  expect(name(lh)).toBe("ARIMA(1,0,0) with mean");
});

test("derivatives of the residuals equal central differences", () => {
  const spec = order(2, 0, 2, { seasonalP: 1, seasonalQ: 1, period: 4, hasConstant: true });
  const small = fc.double({ min: -0.4, max: 0.4, noNaN: true });
  const random = randomOf(2);
  const w = Float64Array.from({ length: 40 }, () => random.unit() - 0.5);
  const count = parameterCount(spec);
  fc.assert(
    fc.property(fc.array(small, { minLength: count, maxLength: count }), (list) => {
      const parameters = Float64Array.from(list);
      const skipped = 6;
      const { residuals } = conditionalResiduals(w, spec, parameters, skipped);
      const derivatives = residualDerivatives(w, spec, parameters, skipped, residuals);
      expect(derivatives.length).toBe(count);
      for (const [at, derivative] of derivatives.entries()) {
        const moved = (by: number) => {
          const other = parameters.slice();
          other[at] = other[at]! + by;
          return conditionalResiduals(w, spec, other, skipped).residuals;
        };
        const [up, down] = [moved(1e-5), moved(-1e-5)];
        for (let row = 0; row < w.length; row++) {
          const difference = (up[row]! - down[row]!) / 2e-5;
          expect(Math.abs(derivative[row]! - difference)).toBeLessThan(1e-6 * (1 + Math.abs(difference)));
        }
      }
    }),
  );
});

test("at the optimum the gradient is 0", () => {
  const model = fitArima([seriesOf("arma")], order(2, 0, 1, { hasConstant: true }));
  const parameters = Float64Array.of(...model.ar, ...model.ma, model.mean);
  const { residuals, squares } = conditionalResiduals(seriesOf("arma"), model.order, parameters, 2);
  for (const derivative of residualDerivatives(seriesOf("arma"), model.order, parameters, 2, residuals)) {
    const gradient = derivative.reduce((sum, value, row) => sum + value * residuals[row]!, 0);
    const size = Math.sqrt(derivative.reduce((sum, value) => sum + value ** 2, 0) * squares);
    expect(Math.abs(gradient) / size).toBeLessThan(1e-5);
  }
});

test("a series differenced too often ends at the edge of invertibility, not beyond", () => {
  const random = randomOf(4);
  const noise = Float64Array.from({ length: 300 }, () => random.unit());
  const { ma, sd } = fitArima([noise], order(0, 1, 1));
  expect(ma[0]).toBeLessThan(-0.9);
  expect(ma[0]).toBeGreaterThan(-1);
  expect(sd).toBeLessThan(0.35);
});

test("fits do not depend on the series' unit, up to the largest numbers", () => {
  const spec = order(1, 1, 1, { hasConstant: true });
  const plain = fitArima([seriesOf("nile")], spec);
  for (const unit of [1e-290, 1e-6, 1e6, 1e300]) {
    const scaled = fitArima([seriesOf("nile").map((value) => value * unit)], spec);
    expect(scaled.ar[0]).toBeCloseTo(plain.ar[0]!, 6);
    expect(scaled.mean / unit / plain.mean).toBeCloseTo(1, 4);
    expect(scaled.sd / unit / plain.sd).toBeCloseTo(1, 8);
  }
});

test("a constant, a straight line and a pure season are continued without a band", () => {
  const steps = (values: Float64Array, period = 0) => {
    const model = selectArima([values], { ...ARIMA_BOUNDS, period });
    return { ...forecast(processOf(model), values, 3), name: orderName(model.order) };
  };
  const constant = steps(new Float64Array(60).fill(7));
  expect([...constant.mean]).toEqual([7, 7, 7]);
  expect([...constant.sd]).toEqual([0, 0, 0]);
  const line = steps(Float64Array.from({ length: 60 }, (_, at) => 3 + 2 * at));
  for (const step of [0, 1, 2]) expect(line.mean[step]).toBeCloseTo(123 + 2 * step, 6);
  const season = steps(
    Float64Array.from({ length: 60 }, (_, at) => [1, 5, 2, 9, 0][at % 5]!),
    5,
  );
  expect([...season.mean]).toEqual([1, 5, 2]);
  expect([...season.sd]).toEqual([0, 0, 0]);
});

test("the band grows with the horizon; for a random walk as the root of the steps", () => {
  const walk = processOf(fitArima([seriesOf("nile")], order(0, 1, 0)));
  const { sd } = forecast(walk, seriesOf("nile"), 16);
  expect(sd[3]! / sd[0]!).toBeCloseTo(2, 12);
  expect(sd[15]! / sd[0]!).toBeCloseTo(4, 12);
  const model = processOf(fitArima([passengers], airline));
  const bands = forecast(model, passengers, 36).sd;
  for (let step = 1; step < 36; step++) expect(bands[step]).toBeGreaterThanOrEqual(bands[step - 1]!);
  expect(impulseResponse(model.ar, model.ma, 1)[0]).toBe(1);
});

test("one-step forecasts leave the residuals that were fitted", () => {
  const model = fitArima([lh], order(1, 0, 1, { hasConstant: true }));
  const forecasts = oneStepForecasts(processOf(model), lh);
  const residuals = lh.map((value, at) => value - forecasts[at]!).subarray(1);
  expect(forecasts[0]).toBeNaN();
  const meanSquare = residuals.reduce((sum, value) => sum + value ** 2, 0) / residuals.length;
  expect(Math.sqrt(meanSquare)).toBeCloseTo(model.sd, 10);
});

test("missing values, too few of them and values too large are refused in words", () => {
  const spec = order(1, 0, 0, { hasConstant: true });
  expect(() => fitArima([Float64Array.of(1, Number.NaN, 3)], spec)).toThrow(
    "value NaN at row 1 is not a finite number",
  );
  expect(() => fitArima([Float64Array.of(1)], spec)).toThrow("ARIMA(1,0,0) with mean needs at least 6 values, got 1");
  expect(() => fitArima([Float64Array.of(1, 2, 3)], airline)).toThrow("ARIMA(0,1,1)(0,1,1)[12] needs at least");
  const huge = Float64Array.from({ length: 30 }, (_, at) => (at % 2 === 0 ? 1.7e308 : -1.7e308));
  expect(() => fitArima([huge], order(0, 1, 0))).toThrow("too large to be subtracted");
  expect(() => selectArima([Float64Array.of(1, 2)])).toThrow("2 values are too few");
  expect(() => forecast(processOf(fitArima([passengers], airline)), passengers.subarray(0, 5), 1)).toThrow(
    "a forecast needs 13 values in a row, the series has 5",
  );
  expect(orderName(order(0, 1, 0, { hasConstant: true }))).toBe("ARIMA(0,1,0) with drift");
});

test("whatever the values, a fit is finite, stable, or refused by name", () => {
  const value = fc.oneof(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), fc.integer({ min: -3, max: 3 }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), (list) => {
      try {
        const { sd, ar, ma } = selectArima([Float64Array.from(list)], { ...ARIMA_BOUNDS, period: 4 });
        for (const number of [sd, ...ar, ...ma]) expect(Number.isFinite(number)).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ code: "VALIDATION" });
      }
    }),
    { numRuns: 60 },
  );
});

test("a level that is huge beside the spread is fitted as any other", () => {
  const random = randomOf(3);
  const level = 1e9;
  let value = 0;
  const values = Float64Array.from({ length: 1500 }, () => {
    value = 0.7 * value + random.unit() - 0.5;
    return level + value;
  });
  const model = selectArima([values], ARIMA_BOUNDS);
  expect(model.order).toMatchObject({ d: 0, hasConstant: true });
  expect(processOf(model).sd).toBeCloseTo(Math.sqrt(1 / 12), 1);
});

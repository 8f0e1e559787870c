import fc from "fast-check";
import { expect, test } from "vitest";
import { randomOf } from "../random.ts";
import { fitVar } from "./fit.ts";
import { VAR_PARAMS } from "./model.ts";
import { type MetricRows, mergeMoments, metricScaling, momentsOf } from "./moments.ts";
import { lagProducts, mergeLagProducts } from "./products.ts";
import { nearDeviations } from "./score.ts";
import { mergeTailCounts, tailCounts, withTails } from "./tails.ts";
import { varVectors } from "./train.ts";

/** Box–Muller. */
const normalsOf = (seed: number) => {
  const random = randomOf(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
};

/** x follows itself, y follows x: x_t = 0.6·x_{t−1} + e, y_t = 0.5·x_{t−1} − 0.3·y_{t−2} + 0.2·f. */
const followed = (count: number, seed = 1): MetricRows => {
  const normal = normalsOf(seed);
  const values = new Float64Array(count * 2);
  for (let row = 0; row < count; row++) {
    const before = (metric: number, lag: number) => values[(row - lag) * 2 + metric] ?? 0;
    values[row * 2] = 0.6 * before(0, 1) + normal();
    values[row * 2 + 1] = 0.5 * before(0, 1) - 0.3 * before(1, 2) + 0.2 * normal();
  }
  return { values, columns: 2, count };
};

const part = ({ values, columns }: MetricRows, from: number, to: number): MetricRows => ({
  values: values.subarray(from * columns, to * columns),
  columns,
  count: to - from,
});

const fitted = (rows: MetricRows, params = VAR_PARAMS) => {
  const scaling = metricScaling(momentsOf(rows));
  const model = fitVar(lagProducts(rows, scaling, params), scaling, params);
  return { scaling, model: withTails(model, tailCounts(model, rows, scaling)) };
};

test("moments, by hand, with a missing value", () => {
  const rows = { values: Float64Array.of(1, 10, 3, Number.NaN, 5, 30), columns: 2, count: 3 };
  expect(momentsOf(rows)).toEqual({
    count: Float64Array.of(3, 2),
    mean: Float64Array.of(3, 20),
    squares: Float64Array.of(8, 200),
  });
});

test("moments merge to those of the whole, in any order and grouping, but for rounding", () => {
  const value = fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(Number.NaN));
  const rowsOf = fc.array(value, { maxLength: 30 }).map((list) => {
    const values = Float64Array.from(list);
    return { values, columns: 1, count: values.length };
  });
  fc.assert(
    fc.property(rowsOf, rowsOf, rowsOf, (a, b, c) => {
      const [ma, mb, mc] = [momentsOf(a), momentsOf(b), momentsOf(c)];
      const whole = momentsOf({
        values: Float64Array.of(...a.values, ...b.values, ...c.values),
        ...{ columns: 1, count: a.count + b.count + c.count },
      });
      for (const merged of [
        mergeMoments(mergeMoments(ma, mb), mc),
        mergeMoments(ma, mergeMoments(mb, mc)),
        mergeMoments(mc, mergeMoments(mb, ma)),
      ]) {
        expect(merged.count).toEqual(whole.count);
        expect(Math.abs(merged.mean[0]! - whole.mean[0]!)).toBeLessThan(1e-8);
        expect(Math.abs(merged.squares[0]! - whole.squares[0]!)).toBeLessThanOrEqual(1e-12 * 90e12);
      }
    }),
  );
  const one = momentsOf(followed(5));
  expect(() => mergeMoments(one, momentsOf({ values: Float64Array.of(1), columns: 1, count: 1 }))).toThrow(
    "moments of 2 metrics cannot be merged with those of 1",
  );
});

test("sums of two stretches that overlap by the lags merge to those of the whole", () => {
  const rows = followed(200);
  const scaling = metricScaling(momentsOf(rows));
  const sums = (from: number, to: number) => lagProducts(part(rows, from, to), scaling, VAR_PARAMS);
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 90 }), fc.integer({ min: 100, max: 196 }), (first, second) => {
      const whole = sums(0, 200);
      const parts = [sums(0, first), sums(first - 3, second), sums(second - 3, 200)] as const;
      for (const merged of [
        mergeLagProducts(mergeLagProducts(parts[0], parts[1]), parts[2]),
        mergeLagProducts(parts[2], mergeLagProducts(parts[1], parts[0])),
      ]) {
        expect(merged.windows).toBe(197);
        for (const [at, product] of merged.products.entries()) expect(product).toBeCloseTo(whole.products[at]!, 9);
        for (const [at, sum] of merged.sums.entries()) expect(sum).toBeCloseTo(whole.sums[at]!, 9);
        const [a, b] = [fitVar(merged, scaling, VAR_PARAMS), fitVar(whole, scaling, VAR_PARAMS)];
        for (const forecast of ["near", "reach"] as const) {
          for (const [at, weight] of a[forecast].weights.entries()) {
            expect(weight).toBeCloseTo(b[forecast].weights[at]!, 9);
          }
        }
      }
    }),
    { numRuns: 30 },
  );
  const other = lagProducts(rows, scaling, { ...VAR_PARAMS, lags: 2 });
  expect(() => mergeLagProducts(sums(0, 50), other)).toThrow(
    "sums of 2 metrics and 3 lags cannot be merged with those of 2 metrics and 2 lags",
  );
});

test("it finds the coefficients that made the series", () => {
  const { model, scaling } = fitted(followed(50_000), { ...VAR_PARAMS, ridge: 1e-6 });
  /** Weights are those of scaled metrics: given back the units. Inputs are oldest first. */
  const weight = (lag: number, from: number, to: number) =>
    (model.near.weights[((3 - lag) * 2 + from) * 2 + to]! * scaling[to]!.scale) / scaling[from]!.scale;
  // From the oldest row alone, three rows back, x is 0.6³ of what it was.
  expect(Math.abs(model.reach.weights[0]! - 0.216)).toBeLessThan(0.02);
  // Standard errors: 1/√50,000 = 0.0045 and 0.2 of that for y; four of those.
  expect(Math.abs(weight(1, 0, 0) - 0.6)).toBeLessThan(0.02);
  expect(Math.abs(weight(1, 0, 1) - 0.5)).toBeLessThan(0.005);
  expect(Math.abs(weight(2, 1, 1) + 0.3)).toBeLessThan(0.02);
  expect(Math.abs(weight(1, 1, 0))).toBeLessThan(0.1);
  expect(model.near.sd[0]! * scaling[0]!.scale).toBeCloseTo(1, 1);
  expect(model.near.sd[1]! * scaling[1]!.scale).toBeCloseTo(0.2, 2);
});

test("residual spreads are those of the residuals themselves, widened for new rows", () => {
  const rows = followed(300);
  const { model, scaling } = fitted(rows);
  const z = rows.values.map((value, at) => (value - scaling[at % 2]!.center) / scaling[at % 2]!.scale);
  for (const metric of [0, 1]) {
    let squares = 0;
    for (let row = 3; row < 300; row++) {
      let predicted = model.near.intercept[metric]!;
      for (let input = 0; input < 6; input++) {
        predicted += z[(row - 3) * 2 + input]! * model.near.weights[input * 2 + metric]!;
      }
      squares += (z[row * 2 + metric]! - predicted) ** 2;
    }
    // One degree of freedom for the mean, and 6 less what the ridge takes.
    expect(model.near.sd[metric]).toBeGreaterThan(Math.sqrt(squares / 297) / (1 - 1 / 297));
    expect(model.near.sd[metric]).toBeLessThan(Math.sqrt(squares / 297) / (1 - 7 / 297));
  }
});

test("few windows do not make residuals look small: it is the spread that new rows have", () => {
  for (const [columns, count] of [
    [20, 130],
    [64, 400],
    [2, 36],
  ] as const) {
    const noise = (rows: number, seed: number) => ({
      values: Float64Array.from({ length: rows * columns }, normalsOf(seed)),
      ...{ columns, count: rows },
    });
    const { model, scaling } = fitted(noise(count, 3));
    const { vectors, rowCount } = varVectors({ model, scaling }, noise(500, 4));
    const deviations = new Float64Array(columns);
    let squares = 0;
    for (let row = 0; row < rowCount; row++) {
      nearDeviations(model, vectors, row * columns * 4, deviations);
      for (const deviation of deviations) squares += deviation ** 2 / columns / rowCount;
    }
    expect(Math.sqrt(squares)).toBeGreaterThan(0.75);
    expect(Math.sqrt(squares)).toBeLessThan(1.35);
  }
});

test("constant metrics are predicted to stay, and any move of them is the strangest thing", () => {
  const rows = followed(200);
  const three = Float64Array.from({ length: 600 }, (_, at) =>
    at % 3 === 2 ? 1e9 : rows.values[Math.floor(at / 3) * 2 + (at % 3)]!,
  );
  const { model, scaling } = fitted({ values: three, columns: 3, count: 200 });
  expect(scaling[2]).toEqual({ center: 1e9, scale: 0.1, isConstant: true });
  expect(model.near.sd[2]).toBe(0.001);
  // Any move of a constant reaches 10, in units of its tail, which is none.
  expect(model.levelCap[2]).toBeCloseTo(10 * 4.5 ** 0.25, 12);
  for (let input = 0; input < 9; input++) expect(Math.abs(model.near.weights[input * 3 + 2]!)).toBe(0);
});

test("units follow the tails: one reference row in a thousand counts about the same in all metrics", () => {
  const normal = normalsOf(5);
  // One metric is normal; the other, one time in twenty, five times as far out.
  const values = Float64Array.from({ length: 40_000 }, (_, at) => normal() * (at % 40 === 1 ? 5 : 1));
  const rows = { values, columns: 2, count: 20_000 };
  const { model } = fitted(rows, { ...VAR_PARAMS, residualTail: 1, levelTail: 1 });
  const unit = (metric: number) => model.residualUnit[metric]! / model.near.sd[metric]!;
  // The quantile of |normal| at 0.999 is 3.29; a bin is 2 % wide.
  expect(Math.abs((unit(0) * 4.5) / 3.29 - 1)).toBeLessThan(0.05);
  // Jumps of 5·normal with probability 1/20: P(|5·n| > x) = 1/50 at x = 11.63, over sd = √(0.95 + 25/20) = 1.483.
  expect(Math.abs((unit(1) * 4.5 * 1.483) / 11.63 - 1)).toBeLessThan(0.12);
  expect(model.levelUnit[1]! / unit(1)).toBeCloseTo(1, 1);
  const powerless = fitted(rows, { ...VAR_PARAMS, residualTail: 0, levelTail: 0 }).model;
  expect([...powerless.residualUnit]).toEqual([...powerless.near.sd]);
  expect([...powerless.levelUnit]).toEqual([1, 1]);
});

test("tail counts of parts that overlap by the lags add up to those of the whole", () => {
  const rows = followed(400);
  const { model, scaling } = fitted(rows);
  const counts = (from: number, to: number) => tailCounts(model, part(rows, from, to), scaling);
  expect(mergeTailCounts(counts(0, 150), counts(147, 400))).toEqual(counts(0, 400));
  expect(mergeTailCounts(counts(147, 400), counts(0, 150))).toEqual(counts(0, 400));
  const other = { ...counts(0, 10), residuals: new Uint32Array(1) };
  expect(() => mergeTailCounts(counts(0, 10), other)).toThrow("tail counts of different metrics cannot be merged");
});

test("missing rows are left out with the windows they stand in", () => {
  const rows = followed(100);
  rows.values[51] = Number.NaN;
  const scaling = metricScaling(momentsOf(rows));
  // Row 25 is missing one value: windows that end at rows 25 to 28 are gone.
  expect(lagProducts(rows, scaling, VAR_PARAMS).windows).toBe(97 - 4);
});

test("one row, too few rows, too many metrics, a metric without values and values too large are refused in words", () => {
  expect(() => fitted(followed(1))).toThrow("var needs at least 32 windows of 4 complete rows, got 0");
  expect(() => fitted(followed(34))).toThrow("got 31");
  const many = { values: Float64Array.from({ length: 2000 }, normalsOf(1)), columns: 20, count: 100 };
  expect(() => fitted(many)).toThrow("var needs at least 120 windows of 4 complete rows, got 97");
  const wide = { values: new Float64Array(65 * 40), columns: 65, count: 40 };
  expect(() => fitted(wide)).toThrow("var takes at most 64 metrics, got 65");
  const missing = followed(50);
  for (let row = 0; row < 50; row++) missing.values[row * 2 + 1] = Number.NaN;
  expect(() => fitted(missing)).toThrow("metric 1 has no values: nothing to learn from");
  const huge = followed(50);
  huge.values[7] = 1e300;
  expect(() => fitted(huge)).toThrow("metric 1 has values too large to take a standard deviation of");
});

test("whatever the values, a fit is finite or refused by name", () => {
  const value = fc.oneof(
    fc.double(),
    fc.integer({ min: -2, max: 2 }),
    fc.constantFrom(Number.NaN, 1e300, -1e300, 1e150, 0),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 40, maxLength: 120 }), fc.integer({ min: 1, max: 3 }), (list, columns) => {
      const count = Math.floor(list.length / columns);
      try {
        const { model } = fitted({ values: Float64Array.from(list.slice(0, count * columns)), columns, count });
        for (const array of [
          model.near.weights,
          model.near.intercept,
          model.reach.sd,
          model.residualUnit,
          model.levelUnit,
        ]) {
          for (const number of array) expect(Number.isFinite(number)).toBe(true);
        }
      } catch (error) {
        expect(error).toMatchObject({ code: "VALIDATION" });
      }
    }),
  );
});

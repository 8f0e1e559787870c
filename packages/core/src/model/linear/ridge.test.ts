import fc from "fast-check";
import { expect, test } from "vitest";
import { solveRidge } from "./ridge.ts";

test("one input, one output, by hand", () => {
  const sums = { inputs: 1, outputs: 1, xx: Float64Array.of(2), xy: Float64Array.of(4) };
  expect(solveRidge(sums, 2)).toEqual({ weights: Float64Array.of(1), degreesOfFreedom: 0.5 });
});

test("without a penalty it is least squares: NIST's certified values for Norris", () => {
  // https://www.itl.nist.gov/div898/strd/lls/data/Norris.shtml, the sums of its 36 rows; columns 1 and x.
  const x = [
    0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4, 0.6, 775.5, 666.9, 338.0, 447.5,
    11.6, 556.0, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2, 999.0, 779.0, 11.1, 118.3, 229.2, 669.1,
    448.9, 0.5,
  ];
  const y = [
    0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1, 668.8, 339.3, 448.9, 10.8,
    557.7, 228.3, 998.0, 888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888.0, 998.5, 778.9, 10.2, 117.6, 228.9, 668.4, 449.2,
    0.2,
  ];
  const sum = (of: (at: number) => number) => x.reduce((total, _, at) => total + of(at), 0);
  const xx = Float64Array.of(
    36,
    sum((at) => x[at]!),
    sum((at) => x[at]!),
    sum((at) => x[at]! ** 2),
  );
  const xy = Float64Array.of(
    sum((at) => y[at]!),
    sum((at) => x[at]! * y[at]!),
  );
  const { weights, degreesOfFreedom } = solveRidge({ inputs: 2, outputs: 1, xx, xy }, 0);
  expect(weights[0]).toBeCloseTo(-0.262323073774029, 10);
  expect(weights[1]).toBeCloseTo(1.00211681802045, 12);
  expect(degreesOfFreedom).toBe(2);
});

test("a larger penalty means smaller weights and fewer degrees of freedom", () => {
  const positive = fc.double({ min: 0.1, max: 100, noNaN: true });
  fc.assert(
    fc.property(positive, positive, positive, positive, (a, b, penalty, more) => {
      const sums = { inputs: 2, outputs: 1, xx: Float64Array.of(a, 0, 0, b), xy: Float64Array.of(a, b) };
      const [small, large] = [solveRidge(sums, penalty), solveRidge(sums, penalty + more)];
      expect(large.degreesOfFreedom).toBeLessThan(small.degreesOfFreedom);
      expect(large.degreesOfFreedom).toBeGreaterThan(0);
      for (const input of [0, 1]) expect(large.weights[input]).toBeLessThan(small.weights[input]!);
      expect(small.degreesOfFreedom).toBeCloseTo(a / (a + penalty) + b / (b + penalty), 10);
    }),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { applied, degreeOf, differencing, isStable, lagPolynomial, multiply } from "./polynomial.ts";

test("products of polynomials, by hand", () => {
  expect(multiply(lagPolynomial([1], -1), lagPolynomial([1], -1, 2))).toEqual(
    new Map([
      [0, 1],
      [1, -1],
      [2, -1],
      [3, 1],
    ]),
  );
  // (1 − B)(1 + B): the middle term is gone, not 0.
  expect([...multiply(lagPolynomial([1], -1), lagPolynomial([1], 1)).keys()]).toEqual([0, 2]);
  expect(degreeOf(differencing(1, 1, 1440))).toBe(1441);
});

test("differencing twice and by a season", () => {
  const squares = Float64Array.of(0, 1, 4, 9, 16);
  expect([...applied(differencing(2, 0, 0), squares)]).toEqual([2, 2, 2]);
  expect([...applied(differencing(0, 1, 3), squares)]).toEqual([9, 15]);
  expect(applied(differencing(0, 1, 9), squares).length).toBe(0);
});

test("stability, by the known triangle of second order", () => {
  // Box, Jenkins, Reinsel 3.2.4: φ₂ + φ₁ < 1, φ₂ − φ₁ < 1, |φ₂| < 1.
  const coefficient = fc.double({ min: -2.5, max: 2.5, noNaN: true });
  fc.assert(
    fc.property(coefficient, coefficient, (first, second) => {
      const margin = Math.min(1 - second - first, 1 - second + first, 1 - Math.abs(second));
      fc.pre(Math.abs(margin) > 1e-9);
      expect(isStable([first, second])).toBe(margin > 0);
    }),
  );
  expect(isStable([])).toBe(true);
  expect(isStable([Number.NaN])).toBe(false);
  expect(isStable([0.95], 0.1)).toBe(false);
});

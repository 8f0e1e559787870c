import fc from "fast-check";
import { expect, test } from "vitest";
import { choleskyFactor, choleskyInverse, choleskySolve } from "./cholesky.ts";

test("the factor of a known matrix is the known one", () => {
  // The example of https://en.wikipedia.org/wiki/Cholesky_decomposition
  const matrix = Float64Array.of(4, 12, -16, 12, 37, -43, -16, -43, 98);
  expect([...choleskyFactor(matrix, 3)]).toEqual([2, 0, 0, 6, 1, 0, -8, 5, 3]);
});

test("the Hilbert matrix of order 4 has its known inverse", () => {
  // https://en.wikipedia.org/wiki/Hilbert_matrix: all entries of the inverse are integers.
  const hilbert = Float64Array.from({ length: 16 }, (_, at) => 1 / (Math.floor(at / 4) + (at % 4) + 1));
  const inverse = [16, -120, 240, -140, -120, 1200, -2700, 1680, 240, -2700, 6480, -4200, -140, 1680, -4200, 2800];
  const ours = choleskyInverse(choleskyFactor(hilbert, 4), 4);
  for (const [at, value] of inverse.entries()) expect(ours[at]! / value).toBeCloseTo(1, 10);
});

test("a solution put back into the equations gives the right-hand sides", () => {
  const number = fc.double({ min: -10, max: 10, noNaN: true });
  const system = fc.integer({ min: 1, max: 8 }).chain((size) =>
    fc.record({
      size: fc.constant(size),
      root: fc.array(number, { minLength: size * size, maxLength: size * size }),
      right: fc.array(number, { minLength: size * 2, maxLength: size * 2 }),
    }),
  );
  fc.assert(
    fc.property(system, ({ size, root, right }) => {
      // R·Rᵀ + I is positive definite whatever R is.
      const matrix = new Float64Array(size * size);
      for (let row = 0; row < size; row++) {
        for (let column = 0; column < size; column++) {
          let sum = row === column ? 1 : 0;
          for (let at = 0; at < size; at++) sum += root[row * size + at]! * root[column * size + at]!;
          matrix[row * size + column] = sum;
        }
      }
      const solution = choleskySolve(choleskyFactor(matrix, size), size, Float64Array.from(right), 2);
      for (let row = 0; row < size; row++) {
        for (const column of [0, 1]) {
          let sum = 0;
          for (let at = 0; at < size; at++) sum += matrix[row * size + at]! * solution[at * 2 + column]!;
          expect(sum).toBeCloseTo(right[row * 2 + column]!, 8);
        }
      }
    }),
  );
});

test("matrices that are not positive definite are refused with the pivot", () => {
  for (const matrix of [
    [1, 2, 2, 1],
    [1, 1, 1, 1],
    [1, Number.NaN, Number.NaN, 1],
    [1, 0, 0, Number.POSITIVE_INFINITY],
  ]) {
    expect(() => choleskyFactor(Float64Array.from(matrix), 2)).toThrow("not positive definite: pivot 1 of 2");
  }
  expect(() => choleskyFactor(Float64Array.of(0), 1)).toThrow("pivot 0 of 1 is 0");
});

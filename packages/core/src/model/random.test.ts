import fc from "fast-check";
import { expect, test } from "vitest";
import { randomOf, xoshiro128 } from "./random.ts";

test("xoshiro128** gives the numbers of its authors' C code", () => {
  // Printed by xoshiro128starstar.c (https://prng.di.unimi.it) from the state 1, 2, 3, 4, compiled with gcc 12.
  const random = xoshiro128(1, 2, 3, 4);
  const numbers = Array.from({ length: 6 }, () => random.uint32());
  expect(numbers).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
});

test("the same seed and stream repeat, another seed or stream differs", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), fc.nat(1000), (seed, stream) => {
      const first = (a: number, b: number) => Array.from({ length: 4 }, randomOf(a, b).uint32);
      expect(first(seed, stream)).toEqual(first(seed, stream));
      expect(first(seed, stream)).not.toEqual(first(seed, stream + 1));
      expect(first(seed, stream)).not.toEqual(first(seed + 1, stream));
    }),
  );
});

test("numbers are uniform: mean, variance and chi-square of 16 bins stand within five standard errors", () => {
  const random = randomOf(42);
  const count = 100_000;
  const bins = new Array<number>(16).fill(0);
  let sum = 0;
  let squares = 0;
  for (let index = 0; index < count; index++) {
    const value = random.unit();
    sum += value;
    squares += (value - 0.5) ** 2;
    const bin = random.below(16);
    bins[bin] = bins[bin]! + 1;
  }
  expect(Math.abs(sum / count - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / count));
  expect(Math.abs(squares / count - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / count));
  const chiSquare = bins.reduce((total, bin) => total + (bin - count / 16) ** 2 / (count / 16), 0);
  expect(chiSquare).toBeLessThan(15 + 5 * Math.sqrt(30));
});

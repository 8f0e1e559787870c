import fc from "fast-check";
import { expect, test } from "vitest";
import { roundDownToFloat32 } from "../float32.ts";
import { randomOf } from "../random.ts";
import { exportForest } from "./export.ts";
import { fitForest } from "./fit.ts";
import { averagePathLength } from "./forest.ts";
import { scoreForest } from "./score.ts";

const normalRows = (count: number, columns: number, seed = 1) => {
  const random = randomOf(seed);
  const sum = () => Array.from({ length: 12 }, random.unit).reduce((total, value) => total + value, -6);
  return { values: Float32Array.from({ length: count * columns }, sum), columns, count };
};

test("two rows are left together, one step down as if they were split", () => {
  const rows = { values: Float32Array.of(1, 3), columns: 1, count: 2 };
  const { forest } = fitForest(rows, { trees: 1, sampleSize: 2, seed: 5 });
  expect([...forest.feature]).toEqual([-1]);
  expect([...forest.pathLength]).toEqual([1]);
  // E = 1 and c(2) = 1, so 2^(−1).
  expect([...scoreForest(forest, rows.values, 2)]).toEqual([0.5, 0.5]);
});

test("a tree over three rows splits between them", () => {
  const rows = { values: Float32Array.of(1, 3, 3), columns: 1, count: 3 };
  const { forest } = fitForest(rows, { trees: 1, sampleSize: 3, seed: 5 });
  expect([...forest.feature]).toEqual([0, -1, -1]);
  expect(forest.threshold[0]).toBeGreaterThanOrEqual(1);
  expect(forest.threshold[0]).toBeLessThan(3);
  expect([...forest.pathLength]).toEqual([0, 1, 2]);
});

test("each training row of a tree ends in a leaf that says how many rows it holds", () => {
  const rows = normalRows(300, 3);
  const { forest, samples } = fitForest(rows, { trees: 5, sampleSize: 128, seed: 9 });
  for (let tree = 0; tree < 5; tree++) {
    const rowsIn = new Map<number, { rows: number; depth: number }>();
    for (const row of samples.subarray(tree * 128, (tree + 1) * 128)) {
      let node = forest.roots[tree]!;
      let depth = 0;
      for (; forest.feature[node]! >= 0; depth++) {
        const value = rows.values[row * 3 + forest.feature[node]!]!;
        node = value <= forest.threshold[node]! ? forest.left[node]! : forest.right[node]!;
      }
      rowsIn.set(node, { rows: (rowsIn.get(node)?.rows ?? 0) + 1, depth });
    }
    for (const [leaf, { rows: count, depth }] of rowsIn) {
      expect(forest.pathLength[leaf]).toBe(depth + averagePathLength(count));
      expect(depth).toBeLessThanOrEqual(7); // ⌈log2 128⌉
    }
  }
});

test("samples are distinct rows, and every row is drawn about as often", () => {
  const { samples } = fitForest(normalRows(100, 1), { trees: 1000, sampleSize: 20, seed: 3 });
  const drawn = new Array<number>(100).fill(0);
  for (let tree = 0; tree < 1000; tree++) {
    const sample = samples.subarray(tree * 20, tree * 20 + 20);
    expect(new Set(sample).size).toBe(20);
    for (const row of sample) drawn[row] = drawn[row]! + 1;
  }
  // Binomial(1000, 0.2): mean 200, sd 12.6; five standard deviations.
  expect(Math.min(...drawn)).toBeGreaterThan(137);
  expect(Math.max(...drawn)).toBeLessThan(263);
});

test("the same rows and seed give the same file, another seed another one", () => {
  const rows = normalRows(500, 2);
  const file = (seed: number) => exportForest(fitForest(rows, { trees: 10, sampleSize: 64, seed }).forest);
  expect(file(1)).toEqual(file(1));
  expect(file(1)).not.toEqual(file(2));
});

test("a tree does not depend on how many others there are", () => {
  const rows = normalRows(500, 2);
  const few = fitForest(rows, { trees: 3, sampleSize: 64, seed: 1 }).forest;
  const many = fitForest(rows, { trees: 9, sampleSize: 64, seed: 1 }).forest;
  expect(many.threshold.subarray(0, few.threshold.length)).toEqual(few.threshold);
});

test("thresholds are rounded down: the float32 is the largest that is not above the double", () => {
  fc.assert(
    fc.property(fc.double({ min: -1e38, max: 1e38, noNaN: true }), (value) => {
      const rounded = roundDownToFloat32(value);
      expect(Math.fround(rounded)).toBe(rounded);
      expect(rounded).toBeLessThanOrEqual(value);
      const bits = new DataView(new ArrayBuffer(4));
      bits.setFloat32(0, rounded);
      if (rounded !== 0) bits.setInt32(0, bits.getInt32(0) + (rounded > 0 ? 1 : -1));
      else bits.setInt32(0, 1);
      expect(bits.getFloat32(0) > value || rounded === value).toBe(true);
    }),
    { examples: [[-1e-50], [1e-50], [0], [0.1], [-0.1]] },
  );
});

test("equal rows all score 0.5", () => {
  const rows = { values: new Float32Array(64).fill(3), columns: 2, count: 32 };
  const { forest } = fitForest(rows, { trees: 20, sampleSize: 16, seed: 1 });
  const scores = [...scoreForest(forest, rows.values, 32)];
  for (const score of scores) expect(score).toBeCloseTo(0.5, 12);
});

test("one row, and values that are not finite, are refused with their place", () => {
  const params = { trees: 1, sampleSize: 2, seed: 1 };
  expect(() => fitForest({ values: Float32Array.of(1), columns: 1, count: 1 }, params)).toThrow(
    "at least 2 rows, got 1",
  );
  const rows = { values: Float32Array.of(1, 2, Number.NaN, 4), columns: 2, count: 2 };
  expect(() => fitForest(rows, params)).toThrow("training value NaN at row 1, column 0 is not a finite number");
});

test("extreme float32 values are split like any others", () => {
  const extreme = 3.4028234663852886e38;
  const rows = { values: Float32Array.of(-extreme, 0, 1e-45, extreme), columns: 1, count: 4 };
  const { forest } = fitForest(rows, { trees: 200, sampleSize: 4, seed: 1 });
  expect(scoreForest(forest, rows.values, 4).every((score) => score > 0 && score < 1)).toBe(true);
});

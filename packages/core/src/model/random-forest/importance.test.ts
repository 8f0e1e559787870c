import { expect, test } from "vitest";
import { labelledRows } from "../../../../../test/support/labelled-rows.ts";
import { fitRandomForest, RANDOM_FOREST_PARAMS } from "./fit.ts";
import { permutationImportance } from "./importance.ts";

const rows = labelledRows(3000, 1);
const { forest } = await fitRandomForest(rows, RANDOM_FOREST_PARAMS);

test("the features that decide are needed, the others are not, and the seed decides the digits", () => {
  const importance = permutationImportance(forest, rows, { seed: 1, featureCount: 8 });
  expect(Math.min(...importance.subarray(0, 4))).toBeGreaterThan(0.03);
  for (const other of importance.subarray(4)) expect(Math.abs(other)).toBeLessThan(0.015);
  expect(permutationImportance(forest, rows, { seed: 1, featureCount: 8 })).toEqual(importance);
});

test("the columns of a shingle that belong to one feature are permuted together", () => {
  // Columns 0 and 4 are feature 0, and so on: each of the four holds a column that decides.
  const shingles = permutationImportance(forest, rows, { seed: 1, featureCount: 4 });
  expect(shingles.length).toBe(4);
  expect(Math.min(...shingles)).toBeGreaterThan(0.03);
  const all = permutationImportance(forest, rows, { seed: 1, featureCount: 1 });
  // Whole rows permuted: nothing is left to tell the labels by.
  expect(all[0]).toBeGreaterThan(0.3);
});

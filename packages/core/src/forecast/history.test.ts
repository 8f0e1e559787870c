import { expect, test } from "vitest";
import { RowState } from "../feature/rows.ts";
import type { Point } from "../store/points.ts";
import { historyOf, knownRows } from "./history.ts";

const rows = (timestamps: number[], values: number[]) => ({ timestamps, rows: values.map((value) => [value]) });

test("intervals without a row are missing values, and only the newest so many rows count", () => {
  const known = rows([60_000, 120_000, 240_000, 300_000], [1, 2, 4, 5]);
  expect(historyOf(known, 1, 60_000, 10)).toEqual({
    columns: [Float64Array.of(1, 2, Number.NaN, 4, 5)],
    newestMs: 300_000,
    intervalMs: 60_000,
  });
  expect(historyOf(known, 1, 60_000, 3).columns).toEqual([Float64Array.of(Number.NaN, 4, 5)]);
});

test("without intervals every row is a step, and their median distance the interval", () => {
  const known = rows([0, 1000, 2100, 90_000, 91_000], [1, 2, 3, 4, 5]);
  expect(historyOf(known, 1, undefined, 4)).toEqual({
    columns: [Float64Array.of(2, 3, 4, 5)],
    newestMs: 91_000,
    intervalMs: 1100,
  });
});

test("ends with the newest row that has a value; without one there is nothing to go on from", () => {
  const known = {
    timestamps: [0, 10, 20],
    rows: [
      [1, 2],
      [3, Number.NaN],
      [Number.NaN, Number.NaN],
    ],
  };
  expect(historyOf(known, 2, undefined, 9)).toMatchObject({
    columns: [Float64Array.of(1, 3), Float64Array.of(2, Number.NaN)],
    newestMs: 10,
  });
  expect(() => historyOf(rows([], []), 1, 1000, 9)).toThrow("no rows to go on from");
  expect(() => historyOf(rows([5], [1]), 1, undefined, 9)).toThrow("give the detector `intervalSeconds`");
  expect(() => historyOf(rows([5, 5], [1, 1]), 1, undefined, 9)).toThrow("give the detector `intervalSeconds`");
});

test("points that were left out are rows without values", () => {
  const point = (timestampMs: number, state: RowState) => ({ timestampMs, state, values: [timestampMs] }) as Point;
  expect(knownRows([point(1, RowState.scored), point(2, RowState.skipped), point(3, RowState.imputed)], 1)).toEqual({
    timestamps: [1, 2, 3],
    rows: [[1], Float64Array.of(Number.NaN), [3]],
  });
});

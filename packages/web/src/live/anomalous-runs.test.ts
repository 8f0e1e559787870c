import { expect, test } from "vitest";
import type { Point } from "../api/shapes.ts";
import { anomalousRuns } from "./anomalous-runs.ts";

const rows = (...grades: number[]) => grades.map((grade, i) => ({ timestamp: i * 1000, grade }) as Point);

test("neighbouring anomalous rows are one run", () => {
  expect(anomalousRuns(rows(0, 0.4, 0.9, 0, 0.1))).toEqual([
    { fromMs: 1000, toMs: 2000 },
    { fromMs: 4000, toMs: 4000 },
  ]);
});

test("normal rows give none", () => {
  expect(anomalousRuns(rows(0, 0, 0))).toEqual([]);
});

import type { Point } from "../api/shapes.ts";
import { withinBounds } from "../format/metric.ts";
import { withGaps } from "./gaps.ts";

type Column = (number | null)[];
/** x in seconds, then one column each; `null` breaks a line. */
export type FeatureColumns = [
  seconds: number[],
  lower: Column,
  upper: Column,
  expected: Column,
  value: Column,
  anomalous: Column,
];

const isOutside = (value: number, lower: number | null | undefined, upper: number | null | undefined): boolean =>
  (typeof lower === "number" && value < lower) || (typeof upper === "number" && value > upper);

/**
 * Columns of one feature's chart. A value is marked as anomalous where its row is an anomaly and the value itself lies
 * outside its band, so that a chart shows only what its own metric did.
 */
export const featureColumns = (name: string, points: readonly Point[], feature: number): FeatureColumns => {
  const isNeverNegative = points.every(({ values }) => (values[feature] ?? 0) >= 0);
  const columns: FeatureColumns = [[], [], [], [], [], []];
  for (const { seconds, point } of withGaps(points)) {
    const value = point?.values[feature] ?? null;
    const lower = point?.lower[feature] ?? null;
    const upper = point?.upper[feature] ?? null;
    const isMarked = point !== undefined && point.grade > 0 && value !== null && isOutside(value, lower, upper);
    const floor = lower !== null && isNeverNegative ? Math.max(0, lower) : lower;
    const row = [
      seconds,
      floor,
      withinBounds(name, upper, value),
      point?.expected[feature] ?? null,
      value,
      isMarked ? value : null,
    ];
    columns.forEach((column, i) => {
      (column as Column).push(row[i] ?? null);
    });
  }
  return columns;
};

export type ScoreColumns = [seconds: number[], threshold: Column, score: Column, anomalous: Column];

export const scoreColumns = (points: readonly Point[]): ScoreColumns => {
  const rows = withGaps(points);
  return [
    rows.map(({ seconds }) => seconds),
    rows.map(({ point }) => (point?.score === null ? null : (point?.threshold ?? null))),
    rows.map(({ point }) => point?.score ?? null),
    rows.map(({ point }) => (point && point.grade > 0 ? point.score : null)),
  ];
};

import { describe, expect, it } from "vitest";
import { randomOf } from "../model/random.ts";
import { autoregression, type BaselineRows, randomScores, rollingZ } from "./baselines.ts";

const ROWS = 3000;
const TRAIN_ROWS = 1500;
const SPIKE = 2000;
const GAP = 2500;

/** Two metrics: scatter around large numbers, and an echo of the value before. A spike in one, a gap in both. */
const series = (change: (row: number, values: [number, number]) => void = () => undefined): BaselineRows => {
  const random = randomOf(5);
  let echo = 0;
  const values = new Float64Array(2 * ROWS);
  for (let row = 0; row < ROWS; row++) {
    echo = 0.9 * echo + random.unit() - 0.5;
    const both: [number, number] = [1e6 + random.unit() + (row === SPIKE ? 20 : 0), echo];
    change(row, both);
    values.set(row === GAP ? [Number.NaN, Number.NaN] : both, 2 * row);
  }
  return { values, columns: 2, trainRows: TRAIN_ROWS };
};

const strangestRow = (scores: Float64Array) => scores.indexOf(Math.max(...scores));
const shareFrom = (scores: Float64Array, score: number) => scores.filter((one) => one >= score).length / scores.length;

describe.each([
  ["rolling z", rollingZ],
  ["autoregression", autoregression],
])("%s", (_, baseline) => {
  it("finds the spike, and says nothing where values are missing", () => {
    const scores = baseline(series());
    expect(strangestRow(scores)).toBe(SPIKE);
    expect(scores[GAP]).toBe(0);
  });

  it("is calibrated: about one ordinary row in a hundred scores 2", () => {
    const share = shareFrom(baseline(series()).subarray(TRAIN_ROWS), 2);
    expect(share).toBeGreaterThan(0.003);
    expect(share).toBeLessThan(0.03);
  });

  it("never looks ahead", () => {
    const [one, other] = [baseline(series()), baseline(series((row, both) => row >= 2800 && both.fill(row)))];
    expect(other.subarray(0, 2800)).toEqual(one.subarray(0, 2800));
    expect(other.subarray(2800)).not.toEqual(one.subarray(2800));
  });

  it("takes a metric that was constant for strange once it moves", () => {
    const scores = baseline(series((row, both) => (both[1] = row === 1700 ? 1.01 : 1)));
    expect(strangestRow(scores)).toBe(1700);
  });
});

describe("rolling z", () => {
  it("is the distance in standard deviations of the 288 values before, whatever it has forgotten", () => {
    const rows = series((row, both) => (both[0] = row === 700 ? 1e12 : both[0]));
    const exact = (row: number, column: number) => {
      const window = Array.from({ length: 288 }, (_, back) => rows.values[2 * (row - 1 - back) + column]!);
      const mean = window.reduce((sum, value) => sum + value / 288, 0);
      const sd = Math.sqrt(window.reduce((sum, value) => sum + (value - mean) ** 2 / 288, 0));
      return Math.log1p(Math.abs(rows.values[2 * row + column]! - mean) / sd) / 2;
    };
    // Scores follow the order of the distances.
    const scores = rollingZ(rows);
    const at = [1600, 1750, 1900, 2100, 2300];
    const byScore = at.toSorted((a, b) => scores[a]! - scores[b]!);
    expect(at.toSorted((a, b) => exact(a, 0) + exact(a, 1) - exact(b, 0) - exact(b, 1))).toEqual(byScore);
  });

  it("needs no value at all", () => {
    const nothing = { values: new Float64Array(100).fill(Number.NaN), columns: 1, trainRows: 50 };
    expect(rollingZ(nothing).every((score) => score === 0)).toBe(true);
  });
});

describe("autoregression", () => {
  it("refuses too few rows", () => {
    const few = { values: new Float64Array(40), columns: 1, trainRows: 20 };
    expect(() => autoregression(few)).toThrow("needs 22 complete rows, got 10");
  });
});

it("random scores are calibrated and know nothing of the rows", () => {
  const scores = randomScores({ values: new Float64Array(200_000), columns: 2, trainRows: 10 });
  expect(scores).toHaveLength(100_000);
  expect(shareFrom(scores, 1)).toBeCloseTo(0.1, 2);
  expect(shareFrom(scores, 2)).toBeCloseTo(0.01, 2);
});

import { expect, test } from "vitest";
import {
  collectVectors,
  consecutiveRuns,
  countVectors,
  type Dataset,
  type TrainingSeries,
  timeSpan,
} from "./dataset.ts";

const datasetOf = (series: TrainingSeries[], parts: Partial<Dataset> = {}): Dataset => ({
  ...{ features: ["a"], shingleSize: 2, maxRows: 100, series },
  ...parts,
});
const vectorsOf = (series: TrainingSeries[]) => {
  const { values, columns, count, timestamps } = collectVectors(datasetOf(series), 1);
  return Array.from({ length: count }, (_, row) => ({
    vector: [...values.subarray(row * columns, (row + 1) * columns)],
    at: timestamps[row],
  }));
};

test("a shingle holds consecutive rows of one series, oldest first, and never crosses a missing one", () => {
  const first = { timestamps: [1, 2, 3, 4, 5, 6], rows: [[1], [2], null, [4], [Number.NaN], [6]] };
  const second = { timestamps: [7, 8, 9], rows: [[7], [8], [9]] };
  expect(vectorsOf([first, second])).toEqual([
    { vector: [1, 2], at: 2 },
    { vector: [7, 8], at: 8 },
    { vector: [8, 9], at: 9 },
  ]);
});

test("an imputed row takes part in a window but none ends with it", () => {
  const series = { timestamps: [1, 2, 3, 4], rows: [[1], [2], [3], [4]], imputed: [false, false, true, false] };
  expect(vectorsOf([series]).map(({ vector }) => vector)).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test("beyond the most rows, each has the same chance to be used", () => {
  const series = {
    timestamps: Array.from({ length: 1000 }, (_, row) => row),
    rows: Array.from({ length: 1000 }, (_, row) => [row]),
  };
  const drawn = new Array<number>(10).fill(0);
  for (let seed = 0; seed < 100; seed++) {
    const vectors = collectVectors(datasetOf([series], { shingleSize: 1, maxRows: 50 }), seed);
    expect(vectors.count).toBe(50);
    expect(vectors.available).toBe(1000);
    expect(new Set(vectors.timestamps).size).toBe(50);
    for (const timestamp of vectors.timestamps) drawn[Math.floor(timestamp / 100)]! += 1;
  }
  // 500 expected per tenth of the rows; hypergeometric sd about 21, five of which are allowed.
  expect(Math.min(...drawn)).toBeGreaterThan(395);
  expect(Math.max(...drawn)).toBeLessThan(605);
});

test("labels go with the vectors, unknown ones as −1", () => {
  const series = { timestamps: [1, 2, 3, 4], rows: [[1], [2], [3], [4]], labels: [0, 1, null, 0] as const };
  const { labels, count } = collectVectors(datasetOf([series], { shingleSize: 1 }), 1);
  expect([...labels.subarray(0, count)]).toEqual([0, 1, -1, 0]);
  expect([...collectVectors(datasetOf([{ ...series, labels: [] }]), 1).labels.subarray(0, 3)]).toEqual([-1, -1, -1]);
});

test("runs are the complete stretches that hold a vector, of the newest rows of each series", () => {
  const series = { timestamps: [1, 2, 3, 4, 5, 6, 7], rows: [[1], [2], null, [4], [Number.NaN], [6], [7]] };
  const runsOf = (maxRows: number) =>
    consecutiveRuns(datasetOf([series, series], { maxRows })).map(({ values, timestamps, count, columns }) => {
      expect([count, columns]).toEqual([values.length, 1]);
      return [...values, "at", ...timestamps];
    });
  const [early, late] = [
    [1, 2, "at", 1, 2],
    [6, 7, "at", 6, 7],
  ];
  expect(runsOf(100)).toEqual([early, late, early, late]);
  expect(runsOf(6)).toEqual([late, late]);
  expect(runsOf(1)).toEqual([late, late]);
  expect(countVectors(datasetOf([series, series]))).toBe(4);
});

test("the span of times is from the first to the last, whatever their order", () => {
  expect(timeSpan([3, 1, 2])).toEqual([1, 3]);
});

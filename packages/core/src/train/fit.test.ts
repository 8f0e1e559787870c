import { expect, test } from "vitest";
import { Detector } from "../detector.ts";
import { fitCalibration, tailProbability } from "../model/calibration.ts";
import { fitForest } from "../model/isolation-forest/fit.ts";
import { scoreForest, scoreOutOfSample } from "../model/isolation-forest/score.ts";
import { Manifest } from "../model/manifest.ts";
import { randomOf } from "../model/random.ts";
import { fitDetector } from "./fit.ts";
import type { TrainingSeries } from "./vectors.ts";
import { collectVectors } from "./vectors.ts";

const detector = (parts: object = {}) =>
  Detector.parse({
    id: "host",
    features: [{ metric: "cpu" }, { metric: "memory", name: "mem" }],
    ...parts,
    model: { minTrainingRows: 100, trees: 20, ...(parts as { model?: object }).model },
  });
const options = { version: 3, seed: 7, nowMs: 5000, featureHash: "abc" };
const ordinary = (rows: number, seed = 1): TrainingSeries => {
  const random = randomOf(seed);
  return {
    timestamps: Array.from({ length: rows }, (_, row) => 1000 + row),
    rows: Array.from({ length: rows }, () => [50 + 10 * random.unit(), 1e9 + 1e6 * random.unit()]),
  };
};

test("the manifest describes the model and satisfies its schema", () => {
  const { manifest, onnx } = fitDetector(detector({ shingleSize: 2 }), [ordinary(300)], options);
  expect(Manifest.parse(manifest)).toEqual(manifest);
  expect(manifest).toMatchObject({
    name: "host",
    version: 3,
    family: "isolation-forest",
    params: { trees: 20, sampleSize: 149 },
    features: ["cpu", "mem"],
    shingleSize: 2,
    featureHash: "abc",
    trainedAtMs: 5000,
    trainingRows: 299,
    trainingFromMs: 1001,
    trainingToMs: 1299,
    seed: 7,
    onnxBytes: onnx.length,
  });
  expect(manifest.scaling[0]!.center).toBeGreaterThan(54);
  expect(manifest.scaling[0]!.center).toBeLessThan(56);
});

test("the same series and options give the same bytes, another seed others", () => {
  const fit = (seed: number) => fitDetector(detector(), [ordinary(300), ordinary(200, 2)], { ...options, seed });
  expect(fit(1)).toEqual(fit(1));
  expect(fit(1).onnx).not.toEqual(fit(2).onnx);
});

test("too few rows are refused with how many are missing", () => {
  expect(() => fitDetector(detector(), [ordinary(60), ordinary(30)], options)).toThrow(
    "detector host needs 100 complete rows to train and has 90: 10 more",
  );
  expect(() => fitDetector(detector({ shingleSize: 4 }), [ordinary(60)], options)).toThrow(
    "needs 100 rows that end 4 complete ones in a row to train and has 57: 43 more",
  );
});

test("rows that never vary still give a model", () => {
  const rows = Array.from({ length: 120 }, () => [0, 42]);
  const constant = { timestamps: rows.map((_, row) => row), rows };
  const { manifest } = fitDetector(detector(), [constant], options);
  expect(manifest.scaling).toEqual([
    { center: 0, scale: 1 },
    { center: 42, scale: 42 },
  ]);
});

test("huge values are scaled to finite rows", () => {
  const rows = Array.from({ length: 120 }, (_, row) => [row % 2 === 0 ? 1e300 : -1e300, row]);
  const { manifest } = fitDetector(detector(), [{ timestamps: rows.map((_, row) => row), rows }], options);
  expect(Number.isFinite(manifest.calibration.tailScale)).toBe(true);
});

test("rows that the model has not seen are alarmed about as often as the calibration says", () => {
  // Independent normal rows: 2,000 to train on, 20,000 to judge.
  const random = randomOf(21);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  const rowsOf = (count: number) => Float32Array.from({ length: count * 3 }, normal);
  const train = rowsOf(2000);
  const fitted = fitForest({ values: train, columns: 3, count: 2000 }, { trees: 100, sampleSize: 256, seed: 1 });
  const calibration = fitCalibration(scoreOutOfSample(fitted, train));
  const raw = scoreForest(fitted.forest, rowsOf(20_000), 20_000);
  for (const share of [0.1, 0.01, 0.001]) {
    const alarmed = raw.filter((score) => tailProbability(calibration, score) <= share).length / raw.length;
    expect(alarmed / share).toBeGreaterThan(0.3);
    expect(alarmed / share).toBeLessThan(1.5);
  }
});

test("any number of rows is taken, up to the most that the detector uses", () => {
  for (const rows of [1024, 1025, 5000]) {
    expect(fitDetector(detector(), [ordinary(rows)], options).manifest.trainingRows).toBe(rows);
  }
  const most = detector({ model: { maxTrainingRows: 1500 } });
  expect(fitDetector(most, [ordinary(5000)], options).manifest.trainingRows).toBe(1500);
});

const limits = { featureCount: 1, shingleSize: 2, maxRows: 100 };
const vectorsOf = (series: TrainingSeries[], parts: object = {}) => {
  const { values, columns, count, timestamps } = collectVectors(series, { ...limits, ...parts }, randomOf(1));
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
    const vectors = collectVectors([series], { featureCount: 1, shingleSize: 1, maxRows: 50 }, randomOf(seed));
    expect(vectors.count).toBe(50);
    expect(vectors.available).toBe(1000);
    expect(new Set(vectors.timestamps).size).toBe(50);
    for (const timestamp of vectors.timestamps) drawn[Math.floor(timestamp / 100)]! += 1;
  }
  // 500 expected per tenth of the rows; hypergeometric sd about 21, five of which are allowed.
  expect(Math.min(...drawn)).toBeGreaterThan(395);
  expect(Math.max(...drawn)).toBeLessThan(605);
});

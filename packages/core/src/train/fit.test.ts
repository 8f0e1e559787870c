import { expect, test } from "vitest";
import { Detector } from "../detector.ts";
import { fitCalibration, tailProbability } from "../model/calibration.ts";
import type { TrainingSeries } from "../model/dataset.ts";
import { fitForest } from "../model/isolation-forest/fit.ts";
import { scoreForest, scoreOutOfSample } from "../model/isolation-forest/score.ts";
import { Manifest } from "../model/manifest.ts";
import { randomOf } from "../model/random.ts";
import { fitDetector } from "./fit.ts";

const detector = (parts: object = {}) =>
  Detector.parse({
    id: "host",
    features: [{ metric: "cpu" }, { metric: "memory", name: "mem" }],
    ...parts,
    model: { family: "isolation-forest", minTrainingRows: 100, trees: 20, ...(parts as { model?: object }).model },
  });
const options = { version: 3, seed: 7, nowMs: 5000, featureHash: "abc" };
const ordinary = (rows: number, seed = 1): TrainingSeries => {
  const random = randomOf(seed);
  return {
    timestamps: Array.from({ length: rows }, (_, row) => 1000 + row),
    rows: Array.from({ length: rows }, () => [50 + 10 * random.unit(), 1e9 + 1e6 * random.unit()]),
  };
};

test("the manifest describes the model and satisfies its schema", async () => {
  const { manifest, onnx } = await fitDetector(detector({ shingleSize: 2 }), [ordinary(300)], options);
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

test("the same series and options give the same bytes, another seed others", async () => {
  const fit = (seed: number) => fitDetector(detector(), [ordinary(300), ordinary(200, 2)], { ...options, seed });
  expect(await fit(1)).toEqual(await fit(1));
  expect((await fit(1)).onnx).not.toEqual((await fit(2)).onnx);
});

test("too few rows are refused with how many are missing", async () => {
  await expect(fitDetector(detector(), [ordinary(60), ordinary(30)], options)).rejects.toThrow(
    "detector host needs 100 complete rows to train and has 90: 10 more",
  );
  await expect(fitDetector(detector({ shingleSize: 4 }), [ordinary(60)], options)).rejects.toThrow(
    "needs 100 rows that end 4 complete ones in a row to train and has 57: 43 more",
  );
});

test("rows that never vary still give a model", async () => {
  const rows = Array.from({ length: 120 }, () => [0, 42]);
  const constant = { timestamps: rows.map((_, row) => row), rows };
  const { manifest } = await fitDetector(detector(), [constant], options);
  expect(manifest.scaling).toEqual([
    { center: 0, scale: 1 },
    { center: 42, scale: 42 },
  ]);
});

test("huge values are scaled to finite rows", async () => {
  const rows = Array.from({ length: 120 }, (_, row) => [row % 2 === 0 ? 1e300 : -1e300, row]);
  const { manifest } = await fitDetector(detector(), [{ timestamps: rows.map((_, row) => row), rows }], options);
  expect(Number.isFinite(manifest.calibration.tailScale)).toBe(true);
});

test("rows that the model has not seen are alarmed about as often as the calibration says", () => {
  // Independent normal rows: 2,000 to train on, 20,000 to judge.
  const random = randomOf(21);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  const rowsOf = (count: number) => Float32Array.from({ length: count * 3 }, normal);
  const train = rowsOf(2000);
  const fitted = fitForest({ values: train, columns: 3, count: 2000 }, { trees: 100, sampleSize: 256, seed: 1 });
  const calibration = fitCalibration(scoreOutOfSample(fitted, train, 1));
  const raw = scoreForest(fitted.forest, rowsOf(20_000), 20_000);
  for (const share of [0.1, 0.01, 0.001]) {
    const alarmed = raw.filter((score) => tailProbability(calibration, score) <= share).length / raw.length;
    expect(alarmed / share).toBeGreaterThan(0.3);
    expect(alarmed / share).toBeLessThan(1.5);
  }
});

test("any number of rows is taken, up to the most that the detector uses", async () => {
  for (const rows of [1024, 1025, 5000]) {
    expect((await fitDetector(detector(), [ordinary(rows)], options)).manifest.trainingRows).toBe(rows);
  }
  const most = detector({ model: { maxTrainingRows: 1500 } });
  expect((await fitDetector(most, [ordinary(5000)], options)).manifest.trainingRows).toBe(1500);
});

test("families that are not trained say so", async () => {
  const trained = (family: string) => {
    const of = Detector.parse({ id: "host", features: [{ metric: "cpu" }], model: { family } });
    return fitDetector(of, [ordinary(300)], options);
  };
  await expect(trained("stream")).rejects.toThrow("host has nothing to train: the family stream learns row by row");
  await expect(trained("onnx")).rejects.toThrow("host has nothing to train: the family onnx is imported");
});

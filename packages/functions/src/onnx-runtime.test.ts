import { Worker } from "node:worker_threads";
import { Detector } from "@tidewatch/core/detector";
import { exportForest } from "@tidewatch/core/model/isolation-forest/export";
import { fitForest } from "@tidewatch/core/model/isolation-forest/fit";
import { scoreForest } from "@tidewatch/core/model/isolation-forest/score";
import { randomOf } from "@tidewatch/core/model/random";
import { scaleRow } from "@tidewatch/core/model/scaling";
import { loadScorer } from "@tidewatch/core/model/scorer";
import { fitDetector } from "@tidewatch/core/train/fit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onnxRuntime } from "./onnx-runtime.ts";

/** float32 sums of a hundred path lengths against double ones. */
const TOLERANCE = 1e-6;
const COLUMNS = 3;

const fitted = (values: Float32Array, sampleSize = 128, columns = COLUMNS) =>
  fitForest({ values, columns, count: values.length / columns }, { trees: 100, sampleSize, seed: 4 }).forest;
const randomRows = (count: number, seed = 1) => {
  const random = randomOf(seed);
  return Float32Array.from({ length: count * COLUMNS }, () => random.unit() ** 2 * 10 - 3);
};
const forest = fitted(randomRows(1000));
const model = await onnxRuntime().load(exportForest(forest));

const expectEqualScores = async (rows: Float32Array, by = { forest, model }) => {
  const count = rows.length / by.forest.columns;
  const [ours, theirs] = [scoreForest(by.forest, rows, count), await by.model.run(rows, count)];
  expect(theirs.length).toBe(count);
  for (let row = 0; row < count; row++) expect(Math.abs(theirs[row]! - ours[row]!)).toBeLessThan(TOLERANCE);
};

test("ONNX Runtime and the forest itself give the same scores: random, extreme and missing values", async () => {
  const value = fc.oneof(
    fc.float(),
    fc.float({ min: -5, max: 10, noNaN: true }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4028234663852886e38, 0, -0),
    fc.constantFrom(...forest.threshold), // exactly on a threshold: the row goes left
  );
  const rows = fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(rows, (all) => expectEqualScores(Float32Array.from(all.flat()))),
    { numRuns: 200 },
  );
});

test("the same holds for every training row, where float32 rounding of a threshold would show", async () => {
  await expectEqualScores(randomRows(1000));
});

test("forests of bare leaves, of a constant column and of two rows are exported too", async () => {
  for (const values of [
    [1, 2, 3, 1, 2, 3],
    [0, 1, 5, 0, 2, 5, 0, 3, 5, 0, 3, 5],
    [1, 2, 3, 4, 5, 6],
  ]) {
    const small = fitted(Float32Array.from(values));
    const loaded = await onnxRuntime().load(exportForest(small));
    await expectEqualScores(randomRows(50), { forest: small, model: loaded });
    await expectEqualScores(Float32Array.from(values), { forest: small, model: loaded });
  }
});

test("trees that are bare leaves beside trees that are not are exported too", async () => {
  // Four of the rows are equal: trees that draw three of them cannot split.
  const mixed = fitted(Float32Array.of(1, 1, 1, 1, 2, 8), 3, 1);
  expect([...mixed.roots].some((root) => mixed.feature[root]! < 0)).toBe(true);
  expect([...mixed.roots].some((root) => mixed.feature[root]! >= 0)).toBe(true);
  const loaded = await onnxRuntime().load(exportForest(mixed));
  await expectEqualScores(Float32Array.of(0, 1, 1.5, 2, 5, 8, 9), { forest: mixed, model: loaded });
});

test("the bytes of a row's score do not depend on the batch that it comes in", async () => {
  const rows = randomRows(700, 8);
  const whole = await model.run(rows, 700);
  for (const size of [1, 2, 31, 50, 51, 127, 128, 129, 300]) {
    for (let first = 0; first + size <= 700; first += size) {
      const part = await model.run(rows.subarray(first * COLUMNS, (first + size) * COLUMNS), size);
      expect(part).toEqual(whole.slice(first, first + size));
    }
  }
});

test("bytes that are no model, and models of another shape, are refused", async () => {
  await expect(onnxRuntime().load(new Uint8Array([1, 2, 3]))).rejects.toMatchObject({ code: "CORRUPT" });
  await expect(onnxRuntime().load(new Uint8Array(0))).rejects.toMatchObject({ code: "CORRUPT" });
  const cut = exportForest(forest).slice(0, -40);
  await expect(onnxRuntime().load(cut)).rejects.toMatchObject({ code: "CORRUPT" });
});

const detector = Detector.parse({
  id: "cpu",
  features: [{ metric: "user" }, { metric: "system" }, { metric: "errors" }],
  shingleSize: 2,
  model: { family: "isolation-forest", minTrainingRows: 500 },
});
const trained = () => {
  const random = randomOf(11);
  const rows = Array.from({ length: 800 }, () => [40 + 5 * random.unit(), 10 + random.unit(), 0]);
  const series = [{ timestamps: rows.map((_, index) => index * 1000), rows }];
  return fitDetector(detector, series, { version: 1, seed: 1, nowMs: 0, featureHash: "f" });
};

test("a trained detector scores ordinary rows low, a strange one high, and says which feature it was", async () => {
  const { manifest, onnx } = await trained();
  const scorer = await loadScorer(onnxRuntime(), manifest, onnx);
  // Two vectors of two scaled rows each: at the centre; then `errors`, always 0 so far, leaves it.
  const vectors = Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3);
  const { scores } = await scorer.score(vectors, 2);
  expect(scores[0]).toBeLessThan(1);
  expect(scores[1]).toBeGreaterThan(3);
  const shares = await scorer.attribute(vectors, 2);
  expect(shares.length).toBe(6);
  expect(shares[5]).toBeGreaterThan(0.9);
  expect(shares[0]! + shares[1]! + shares[2]!).toBeCloseTo(1, 12);
  expect(await scorer.score(vectors, 0)).toEqual({
    ...{ raw: new Float32Array(0), scores: new Float64Array(0), forecast: undefined },
  });
});

test("attribution of many rows in parts equals that of each row alone", async () => {
  const { manifest, onnx } = await trained();
  const scorer = await loadScorer(onnxRuntime(), manifest, onnx);
  const random = randomOf(5);
  const vectors = Float32Array.from({ length: 600 * 6 }, () => random.unit() * 20 - 10);
  const all = await scorer.attribute(vectors, 600);
  for (const row of [0, 255, 256, 599]) {
    const alone = await scorer.attribute(vectors.subarray(row * 6, row * 6 + 6), 1);
    expect(all.slice(row * 3, row * 3 + 3)).toEqual(alone);
  }
});

test("a model that takes other vectors than its manifest says is refused", async () => {
  const { manifest, onnx } = await trained();
  const other = { ...manifest, shingleSize: 3 };
  await expect(loadScorer(onnxRuntime(), other, onnx)).rejects.toMatchObject({
    code: "CORRUPT",
    message: "model cpu version 1 takes 6 columns, its manifest says 3 features × shingle 3",
  });
});

test("two worker threads load and run models at once and get the same scores", async () => {
  const file = exportForest(forest);
  const rows = randomRows(200, 3);
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    import(workerData.runtime).then(async ({ onnxRuntime }) => {
      const model = await onnxRuntime().load(workerData.file);
      let scores;
      for (let run = 0; run < 200; run++) scores = await model.run(workerData.rows, 200);
      parentPort.postMessage(scores);
    });`;
  const workerData = { runtime: new URL("./onnx-runtime.ts", import.meta.url).href, file, rows };
  const scores = () =>
    new Promise<Float32Array>((resolve, reject) => {
      const worker = new Worker(code, { eval: true, workerData });
      worker.once("message", resolve).once("error", reject);
      worker.once("exit", (exitCode) => reject(new Error(`the worker ended with ${exitCode}`)));
    });
  const [first, second, here] = await Promise.all([scores(), scores(), model.run(rows, 200)]);
  expect(first).toEqual(here);
  expect(second).toEqual(here);
});

const forestFamily = { family: "isolation-forest" };

test("one feature of eight far beyond its rows is an anomaly, however ordinary the others are", async () => {
  const eight = Detector.parse({
    id: "host",
    features: [..."abcdefgh"].map((metric) => ({ metric })),
    model: forestFamily,
  });
  const random = randomOf(3);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  const rows = Array.from({ length: 2000 }, () => Array.from({ length: 8 }, normal));
  const series = [{ timestamps: rows.map((_, row) => row), rows }];
  const { manifest, onnx } = await fitDetector(eight, series, { version: 1, seed: 1, nowMs: 0, featureHash: "f" });
  const scorer = await loadScorer(onnxRuntime(), manifest, onnx);
  const vectors = new Float32Array(3 * 8);
  vectors[3] = 10;
  vectors[8 + 3] = -1000;
  const { raw, scores } = await scorer.score(vectors, 3);
  // The forest alone sees nothing: its raw score is that of an ordinary row.
  expect(raw[1]).toBeLessThan(0.5);
  expect(scores[0]).toBeGreaterThan(5);
  expect(scores[1]).toBeGreaterThan(scores[0]!);
  expect(scores[2]).toBeLessThan(1);
  expect((await scorer.attribute(vectors, 2))[3]).toBeGreaterThan(0.9);
});

test("rows like the training rows are alarmed about as often as the score says, over ten trainings", async () => {
  const three = Detector.parse({
    id: "host",
    features: [{ metric: "a" }, { metric: "b" }, { metric: "c" }],
    model: forestFamily,
  });
  const random = randomOf(7);
  const logNormal = () => Math.exp(Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit()));
  const rowsOf = (count: number) => Array.from({ length: count }, () => [logNormal(), logNormal(), logNormal()]);
  const alarms = new Map([0.1, 0.01, 0.001].map((share) => [share, 0]));
  for (let seed = 0; seed < 10; seed++) {
    const rows = rowsOf(3000);
    const series = [{ timestamps: rows.map((_, row) => row), rows }];
    const { manifest, onnx } = await fitDetector(three, series, { version: 1, seed, nowMs: 0, featureHash: "f" });
    const vectors = new Float32Array(5000 * 3);
    for (const [row, values] of rowsOf(5000).entries()) scaleRow(manifest.scaling, values, vectors, row * 3);
    const { scores } = await (await loadScorer(onnxRuntime(), manifest, onnx)).score(vectors, 5000);
    for (const [share, before] of alarms) {
      alarms.set(share, before + scores.filter((score) => score >= -Math.log10(share)).length);
    }
  }
  for (const [share, count] of alarms) {
    expect(count / 50_000 / share).toBeGreaterThan(0.6);
    expect(count / 50_000 / share).toBeLessThan(1.6);
  }
});

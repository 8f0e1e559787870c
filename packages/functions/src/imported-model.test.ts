import { readFileSync } from "node:fs";
import { Detector } from "@tidewatch/core/detector";
import type { Manifest } from "@tidewatch/core/model/manifest";
import { randomOf } from "@tidewatch/core/model/random";
import { loadScorer } from "@tidewatch/core/model/scorer";
import { fitDetector } from "@tidewatch/core/train/fit";
import { describe, expect, test } from "vitest";
import expected from "../../../test/fixtures/pytorch/expected.json" with { type: "json" };
import { expectClose, imported, run } from "../../../test/support/onnx/run-imported.ts";
import {
  doubleSquares,
  sklearnClassifier,
  sklearnIsolationForest,
  sklearnLogistic,
  sklearnRegressor,
} from "../../../test/support/onnx/sklearn.ts";
import forest from "../../core/src/model/isolation-forest/fixtures/scikit-learn.json" with { type: "json" };
import { onnxRuntime } from "./onnx-runtime.ts";

const pytorch = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../test/fixtures/pytorch/${name}.onnx`, import.meta.url)));

const manifestOf = (onnx: Uint8Array): Manifest => ({
  ...{ format: 1, name: "host", version: 1, family: "onnx", params: {}, features: ["a", "b", "c"], shingleSize: 1 },
  scaling: ["a", "b", "c"].map(() => ({ center: 0, scale: 1 })),
  calibration: { scores: [0, 1], tailProbabilities: [1, 0.1], tailScale: 1, tailShape: 0 },
  ...{ featureHash: "f", trainedAtMs: 0, trainingRows: 0, trainingFromMs: 0, trainingToMs: 0, seed: 0 },
  ...{ onnxSha256: "", onnxBytes: onnx.length },
});

describe("scikit-learn's exports", () => {
  const tree = { columns: 3, threshold: 0.5, below: 0.1, above: 0.8, labels: [0, 1] };
  const rows = [0, 9, 9, 1, 9, 9];

  test.each([true, false])("a classifier gives P(class 1), with ZipMap %s", async (zipMap) => {
    const { signature, onnx } = imported(sklearnClassifier({ ...tree, zipMap }), {});
    expect(signature.positiveClass).toBe(1);
    expectClose(await run(onnx, rows), [0.1, 0.8]);
  });

  test("one output per class, by the name of one", async () => {
    const wanted = { output: "i1", higherIsAnomalous: true };
    expectClose(await run(imported(sklearnClassifier({ ...tree, zipMap: "columns" }), wanted).onnx, rows), [0.1, 0.8]);
  });

  test("three named classes: the one that the manifest names", async () => {
    const file = sklearnClassifier({ ...tree, labels: ["disk", "idle", "leak"], zipMap: true });
    expectClose(await run(imported(file, { positiveClass: "leak" }).onnx, rows), [0.1, 0.8]);
    expectClose(await run(imported(file, { positiveClass: "idle" }).onnx, rows), [0.45, 0.1]);
  });

  test("a pipeline with a scaler", async () => {
    const scaler = { mean: [10, 0, 0], scale: [2, 1, 1] };
    const file = sklearnClassifier({ ...tree, zipMap: true, scaler });
    expectClose(await run(imported(file, {}).onnx, [10, 0, 0, 12, 0, 0]), [0.1, 0.8]);
  });

  test.each([true, false])("a logistic regression, with ZipMap %s", async (zipMap) => {
    const { onnx } = imported(sklearnLogistic([1, -2, 0.5], 0.25, zipMap), {});
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    expectClose(await run(onnx, [0, 0, 0, 1, 1, 1]), [sigmoid(0.25), sigmoid(-0.25)]);
  });

  test("an isolation forest scores as scikit-learn does, turned round: its lower is our higher", async () => {
    const { sampleSize } = forest;
    const averagePath = 2 * (Math.log(sampleSize - 1) + 0.577_215_664_901_532_9) - (2 * (sampleSize - 1)) / sampleSize;
    const file = sklearnIsolationForest(forest.trees, 3, averagePath);
    const { signature, onnx } = imported(file, {});
    expect(signature).toMatchObject({ output: "scores", reading: { kind: "score", sign: -1 } });
    expectClose(
      await run(onnx, forest.test),
      forest.rawScores.map((raw) => raw - 0.5),
    );
  });

  test("a regressor whose number is the score, either way round", async () => {
    const file = sklearnRegressor([1, 2, 3], -1);
    expectClose(await run(imported(file, { higherIsAnomalous: true }).onnx, [1, 1, 1]), [5]);
    expectClose(await run(imported(file, { higherIsAnomalous: false }).onnx, [1, 1, 1]), [-5]);
  });

  test("a model of doubles gets them as exactly as scaled float32 can say them", async () => {
    const undo = [0, 1, 2].map(() => ({ center: 1e12, scale: 0.5 }));
    const [score] = await run(imported(doubleSquares(3), { higherIsAnomalous: true }, undo).onnx, [2, 0, -2]);
    expectClose([score!], [(1e12 + 1) ** 2 + 1e24 + (1e12 - 1) ** 2]);
  });

  test("scaling that the model does not know is undone before it", async () => {
    const undo = [
      { center: 10, scale: 2 },
      { center: 0, scale: 1 },
      { center: -1, scale: 0.1 },
    ];
    const { onnx } = imported(sklearnRegressor([1, 1, 1], 0), { higherIsAnomalous: true }, undo);
    expectClose(await run(onnx, [0, 0, 0, 1, 1, 1]), [9, 9 + 2 + 1 + 0.1]);
  });
});

describe("PyTorch's exports", () => {
  const meanSquares = (given: readonly number[], rebuilt: readonly number[], columns: number): number[] =>
    Array.from({ length: given.length / columns }, (_, row) => {
      let sum = 0;
      for (let at = row * columns; at < (row + 1) * columns; at++) sum += (rebuilt[at]! - given[at]!) ** 2;
      return Math.log(sum / columns + 1e-12);
    });

  test.each(["autoencoder", "autoencoder-opset9"])("%s: the logarithm of its mean squared error", async (name) => {
    const { signature, onnx } = imported(pytorch(name), {});
    expect(signature.reading.kind).toBe("reconstruction");
    expectClose(await run(onnx, expected.rows), meanSquares(expected.rows, expected.autoencoder, 3));
  });

  test("a model of sequences gets rows × shingle × features", async () => {
    const { onnx } = imported(pytorch("sequence"), { features: ["a", "b"], shingleSize: 4 });
    expectClose(await run(onnx, expected.sequences), meanSquares(expected.sequences, expected.sequence, 8));
  });

  test("its reconstruction explains itself: the error of each feature, in units of the scaling", async () => {
    const scaling = [
      { center: 0, scale: 1 },
      { center: 0, scale: 1 },
      { center: 0, scale: 1000 },
    ];
    const { onnx } = imported(pytorch("autoencoder"), {}, scaling);
    const calibration = { scores: [0, 1], tailProbabilities: [1, 0.1], tailScale: 1, tailShape: 0 };
    const manifest = { ...manifestOf(onnx), scaling, calibration };
    const scorer = await loadScorer(onnxRuntime(), manifest, onnx);
    // 5 units of the second feature; the third's are a thousand times as large.
    const shares = await scorer.attribute(Float32Array.of(0, 5, 0.001), 1);
    expect(shares[1]).toBeGreaterThan(0.8);
    expect(shares[0]! + shares[1]! + shares[2]!).toBeCloseTo(1, 6);
  });

  test("a score without a second dimension", async () => {
    const { onnx } = imported(pytorch("scorer"), { higherIsAnomalous: true });
    expectClose(await run(onnx, expected.rows), expected.scorer);
  });
});

describe("the product's own exports", () => {
  test("take the way of all others and keep what they explain", async () => {
    const random = randomOf(1);
    const rows = Array.from({ length: 400 }, () => [random.unit(), random.unit(), random.unit()]);
    const detector = Detector.parse({
      ...{ id: "host", features: ["a", "b", "c"].map((metric) => ({ metric })) },
      model: { family: "var", minTrainingRows: 100 },
    });
    const series = [{ timestamps: rows.map((_, row) => row), rows }];
    const own = await fitDetector(detector, series, { version: 1, seed: 1, nowMs: 0, featureHash: "f" });
    const { shingleSize, scaling } = own.manifest;
    const { onnx, signature } = imported(own.onnx, { shingleSize, scaling });
    expect(signature.extras).toEqual(["contributions", "expected", "deviation"]);
    const vectors = Float32Array.from({ length: 20 * 3 * shingleSize }, () => random.unit() * 6 - 3);
    const [original, again] = await Promise.all([
      loadScorer(onnxRuntime(), own.manifest, own.onnx),
      loadScorer(onnxRuntime(), own.manifest, onnx),
    ]);
    expect(await again.score(vectors, 20)).toEqual(await original.score(vectors, 20));
    expect(await again.attribute(vectors, 20)).toEqual(await original.attribute(vectors, 20));
  });
});

import { expect, test } from "vitest";
import { Detector, shingleSizeOf } from "../../detector.ts";
import { fitDetector } from "../../train/fit.ts";
import { anomalyScore } from "../calibration.ts";
import { Manifest } from "../manifest.ts";
import { randomOf } from "../random.ts";

const options = { version: 1, seed: 5, nowMs: 1000, featureHash: "abc" };
const detector = (model: object = {}) =>
  Detector.parse({
    id: "host",
    features: [{ metric: "cpu" }, { metric: "memory" }],
    model: { family: "lstm", minTrainingRows: 100, window: 6, hidden: 8, maxEpochs: 5, ...model },
  });
const rows = (count: number, seed: number) => {
  const random = randomOf(seed);
  return {
    timestamps: Array.from({ length: count }, (_, row) => row * 60_000),
    rows: Array.from({ length: count }, (_, row) => [Math.sin(row / 4) + random.unit(), 1e9 * random.unit()]),
  };
};

test("a detector of this family is fitted to a model of one row more than its window, calibrated on later rows", async () => {
  const series = [
    rows(300, 1),
    { ...rows(300, 2), rows: rows(300, 2).rows.map((row, at) => (at === 150 ? null : row)) },
  ];
  const { manifest, onnx } = await fitDetector(detector(), series, options);
  expect(Manifest.parse(manifest)).toEqual(manifest);
  expect(manifest).toMatchObject({
    family: "lstm",
    shingleSize: 7,
    params: { window: 6, hidden: 8, lags: 6, epochs: 5, kernels: "simd" },
    trainingRows: 294 + 144 + 143,
    trainingFromMs: 0,
    trainingToMs: 299 * 60_000,
    onnxBytes: onnx.length,
  });
  expect(anomalyScore(manifest.calibration, 10)).toBeGreaterThan(3);
  expect((await fitDetector(detector(), series, options)).onnx).toEqual(onnx);
});

test("the family decides how many rows it looks at", () => {
  expect(shingleSizeOf(detector())).toBe(7);
  expect(() => Detector.parse({ ...detector(), shingleSize: 3 })).toThrow(/lstm decides by itself/);
  expect(() => detector({ window: 64 })).toThrow();
});

import { expect, test } from "vitest";
import { Detector } from "../../detector.ts";
import { fitDetector } from "../../train/fit.ts";
import { anomalyScore } from "../calibration.ts";
import type { TrainingSeries } from "../dataset.ts";
import { scoreWindows, windowForecaster } from "../linear/export.ts";
import { forecast } from "../linear/process.ts";
import { processesOf } from "../linear/stored.ts";
import { randomOf } from "../random.ts";

const OPTIONS = { version: 1, seed: 1, nowMs: 5, featureHash: "0".repeat(16) };
const detector = (model: object = {}, more: object = {}) =>
  Detector.parse({
    id: "load",
    features: [{ metric: "load" }],
    model: { family: "arima", minTrainingRows: 50, ...model },
    ...more,
  });

/** A first-order autoregression with φ = 0.8 around `level`, unit shocks from the sum of twelve uniform ones. */
const autoregression = (rows: number, stream: number, level = 100): number[] => {
  const random = randomOf(7, stream);
  const values: number[] = [];
  let deviation = 0;
  for (let row = 0; row < rows; row++) {
    let shock = -6;
    for (let at = 0; at < 12; at++) shock += random.unit();
    deviation = 0.8 * deviation + shock;
    values.push(level + deviation);
  }
  return values;
};
const seriesOf = (values: readonly (number | null)[]): TrainingSeries => ({
  timestamps: values.map((_, row) => row * 60_000),
  rows: values.map((value) => (value === null ? null : [value])),
});

test("a detector's model is one process, in the manifest and in the file's scores", async () => {
  const values = autoregression(3000, 1);
  const { manifest } = await fitDetector(detector(), [seriesOf(values)], OPTIONS);
  expect(manifest).toMatchObject({ family: "arima", shingleSize: 65, trainingRows: 3000 - 64, trainingFromMs: 0 });
  expect(manifest.params).toMatchObject({ order: expect.stringContaining("ARIMA("), window: 64 });
  const [process] = processesOf(manifest)!;
  expect(process!.sd).toBeCloseTo(1, 1);
  expect(forecast(process!, values, 200).mean.at(-1)).toBeGreaterThan(98);
  expect(forecast(process!, values, 200).mean.at(-1)).toBeLessThan(102);
  // What is as strange as one new row in a hundred passes a score of 2 about so often.
  const forecaster = windowForecaster(process!, manifest.scaling[0]!, 64);
  const { center, scale } = manifest.scaling[0]!;
  const later = Float32Array.from(autoregression(20_000, 2), (value) => (value - center) / scale);
  const scores = scoreWindows(forecaster, later, later.length - 64, 1);
  const strange = scores.filter((raw) => anomalyScore(manifest.calibration, raw) >= 2).length / scores.length;
  expect(strange).toBeGreaterThan(0.003);
  expect(strange).toBeLessThan(0.03);
});

test("gaps and several entities are runs of one model; the same rows give the same bytes", async () => {
  const gappy = autoregression(1500, 3).map((value, row) => (row % 400 === 399 ? null : value));
  const both = [seriesOf(gappy), seriesOf(autoregression(900, 4))];
  const one = await fitDetector(detector(), both, OPTIONS);
  const [process] = processesOf(one.manifest)!;
  expect(process!.sd).toBeCloseTo(1, 1);
  // 399 + 399 + 399 + 300 and 900 rows, each run less the 64 that its first vector needs.
  expect(one.manifest.trainingRows).toBe(1497 + 900 - 5 * 64);
  expect(await fitDetector(detector(), both, OPTIONS)).toEqual(one);
});

test("entities that are not alike are refused, and the way out is named", async () => {
  const quiet = autoregression(500, 1);
  const loud = autoregression(500, 2).map((value) => 100 * value);
  const fit = (...series: number[][]) => fitDetector(detector(), series.map(seriesOf), OPTIONS);
  await expect(fit(quiet, loud)).rejects.toThrow(
    /err \d+ times as much .* a detector of their own \(`match\.entity`\)/,
  );
  // One that stands still says nothing of how far the others are apart.
  await fit(quiet, new Array<number>(200).fill(100));
});

test("a season is found when its period is given, and its window holds three of them", async () => {
  const noise = autoregression(960, 5, 0);
  const values = noise.map((value, row) => 50 * Math.sin((2 * Math.PI * row) / 24) + value);
  const seasonal = detector({ period: 24 });
  const { manifest } = await fitDetector(seasonal, [seriesOf(values)], OPTIONS);
  expect(manifest.shingleSize).toBe(3 * 24 + 16 + 1);
  expect(manifest.params.order).toContain("[24]");
  const { mean } = forecast(processesOf(manifest)![0]!, values, 24);
  for (const [step, value] of mean.entries()) {
    expect(Math.abs(value - 50 * Math.sin((2 * Math.PI * (960 + step)) / 24))).toBeLessThan(8);
  }
});

test("a constant series is a model that knows only that value", async () => {
  const { manifest } = await fitDetector(detector(), [seriesOf(new Array<number>(200).fill(7))], OPTIONS);
  expect(processesOf(manifest)).toMatchObject([{ constant: 7, sd: 0 }]);
});

test("what a window cannot hold, and several features, are refused by name", () => {
  expect(() => detector({ period: 288, window: 100 })).toThrow("may look 581 rows back: give a longer window");
  expect(() => detector({ period: 288, maxSeasonal: 0, maxDifferences: 0, window: 100 })).not.toThrow();
  expect(() => detector({}, { shingleSize: 4 })).toThrow("decides by itself how many rows");
  expect(() => detector({}, { features: [{ metric: "a" }, { metric: "b" }] })).toThrow("arima takes 1 of them, not 2");
});

test("manifests without processes have none, damaged ones are refused", () => {
  const manifest = { name: "load", version: 1, features: ["load"], params: {} };
  expect(processesOf(manifest)).toBeUndefined();
  const params = { processes: [{ ar: [[0, 1]], ma: [], constant: 0, sd: 1 }] };
  expect(() => processesOf({ ...manifest, params })).toThrow("no process for each feature");
  const sound = { processes: [{ ar: [[0, 1]], ma: [[0, 1]], constant: 0, sd: 1 }] };
  expect(() => processesOf({ ...manifest, params: sound, features: ["a", "b"] })).toThrow(
    "no process for each feature",
  );
});

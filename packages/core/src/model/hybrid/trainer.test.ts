import { expect, test } from "vitest";
import { Detector } from "../../detector.ts";
import { fitDetector } from "../../train/fit.ts";
import { anomalyScore, fitCalibration } from "../calibration.ts";
import type { TrainingSeries } from "../dataset.ts";
import { forecast } from "../linear/process.ts";
import { processesOf } from "../linear/stored.ts";
import { randomOf } from "../random.ts";
import { hybridContributions, hybridIsolations, hybridScores } from "./score.ts";
import { heldOutScores, scaledRuns, trainHybrid } from "./train.ts";

const OPTIONS = { version: 1, seed: 1, nowMs: 5, featureHash: "0".repeat(16) };
const PARAMS = { lags: 10, recent: 8, trees: 50, sampleSize: 256 };
const METRICS = 3;
const WINDOW = 18;
const detector = (metrics: number, model: object = {}) =>
  Detector.parse({
    id: "host",
    features: Array.from({ length: metrics }, (_, at) => ({ metric: `m${at}` })),
    model: { family: "hybrid", minTrainingRows: 20, trees: 50, ...model },
  });

/** Metrics that each fall back to their level, 100 times their number and 100, by a fifth of the distance a row. */
const rowsOf = (count: number, metrics: number, stream: number): number[][] => {
  const random = randomOf(7, stream);
  const deviation = new Array<number>(metrics).fill(0);
  return Array.from({ length: count }, () =>
    deviation.map((last, metric) => {
      let shock = -6;
      for (let at = 0; at < 12; at++) shock += random.unit();
      deviation[metric] = 0.8 * last + shock;
      return 100 * (metric + 1) + deviation[metric];
    }),
  );
};
const seriesOf = (rows: readonly (readonly number[] | null)[]): TrainingSeries => ({
  timestamps: rows.map((_, row) => row * 60_000),
  rows,
});
const runOf = (rows: number[][]) => ({
  values: Float64Array.from(rows.flat()),
  columns: rows[0]!.length,
  count: rows.length,
  timestamps: Float64Array.from(rows.keys()),
});

test("a step of one metric is strange, is that metric's, and its reference is as strange as new rows are", () => {
  const run = runOf(rowsOf(3000, METRICS, 1));
  const { scaling, scaled } = scaledRuns([run], METRICS);
  const { model } = trainHybrid(scaled, METRICS, PARAMS, 1);
  const calibration = fitCalibration(heldOutScores(scaled, METRICS, PARAMS, 1));
  const later = rowsOf(5000, METRICS, 2);
  for (const row of later.slice(4000)) row[1]! += 12;
  const vectors = Float32Array.from(
    later.flatMap((row) => row.map((x, at) => (x - scaling[at]!.center) / scaling[at]!.scale)),
  );
  const isolations = hybridIsolations(model, vectors, later.length - WINDOW + 1, METRICS);
  const scores = hybridScores(isolations, METRICS).map((raw) => anomalyScore(calibration, raw));
  const step = 4000 - WINDOW + 1;
  const usual = scores.slice(0, step);
  const alarms = usual.filter((score) => score >= 2).length / usual.length;
  expect(alarms).toBeGreaterThan(0.001);
  expect(alarms).toBeLessThan(0.04);
  expect(scores[step]).toBeGreaterThan(Math.max(...usual.slice(0, 1000)));
  const contributions = hybridContributions(isolations.slice(step * METRICS, (step + 1) * METRICS));
  expect(contributions.indexOf(Math.max(...contributions))).toBe(1);
});

test("the same rows and seed give the same bytes, another seed others; the manifest forecasts each metric", async () => {
  const rows = rowsOf(800, METRICS, 3).map((row, at) => (at % 300 === 299 ? null : row));
  const series = [seriesOf(rows), seriesOf(rowsOf(200, METRICS, 4))];
  const one = await fitDetector(detector(METRICS), series, OPTIONS);
  expect(await fitDetector(detector(METRICS), series, OPTIONS)).toEqual(one);
  const other = await fitDetector(detector(METRICS), series, { ...OPTIONS, seed: 2 });
  expect(other.manifest.onnxSha256).not.toBe(one.manifest.onnxSha256);
  // Runs of 299, 299, 200 and 200 rows, each less the 17 before its first vector.
  expect(one.manifest).toMatchObject({ family: "hybrid", shingleSize: WINDOW, trainingRows: 998 - 4 * 17 });
  for (const [metric, process] of processesOf(one.manifest)!.entries()) {
    const { mean, sd } = forecast(
      process,
      rows.slice(600).map((row) => row![metric]!),
      300,
    );
    expect(Math.abs(mean.at(-1)! - 100 * (metric + 1))).toBeLessThan(1.5);
    expect(process.sd).toBeCloseTo(1, 0);
    // The process' own spread: 1 / √(1 − 0.8²).
    expect(sd.at(-1)).toBeGreaterThan(1.2);
    expect(sd.at(-1)).toBeLessThan(2.2);
  }
});

test("one metric, constants and huge values give a model; too few rows are refused by name", async () => {
  const one = await fitDetector(detector(1), [seriesOf(rowsOf(300, 1, 5))], OPTIONS);
  expect(one.manifest.features).toEqual(["m0"]);
  const odd = rowsOf(300, 1, 6).map(([value], row) => [7, row % 50 === 0 ? 1e300 : value!]);
  const { manifest } = await fitDetector(detector(2), [seriesOf(odd)], OPTIONS);
  expect(manifest.calibration.scores.every(Number.isFinite)).toBe(true);
  const few = scaledRuns([runOf(rowsOf(17, 1, 7))], 1).scaled;
  expect(() => trainHybrid(few, 1, PARAMS, 1)).toThrow("hybrid needs 18 complete rows in a row to learn from");
  expect(() => detector(1, { recent: 1 })).toThrow();
});

test("of more rows than memory is meant for, every second one is looked at", () => {
  const metrics = 64;
  const random = randomOf(9);
  const rows = Float32Array.from({ length: 17_000 * metrics }, () => random.unit());
  const params = { lags: 1, recent: 2, trees: 5, sampleSize: 64 };
  expect(heldOutScores([{ rows, count: 17_000 }], metrics, params, 1).length).toBe(5100 / 2);
});

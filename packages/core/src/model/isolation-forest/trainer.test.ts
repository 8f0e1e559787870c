import { expect, test } from "vitest";
import { anomalyScore, fitCalibration } from "../calibration.ts";
import type { Dataset } from "../dataset.ts";
import { randomOf } from "../random.ts";
import { excess, isolationOf } from "../range.ts";
import { scaleRow } from "../scaling.ts";
import { scoreForest } from "./score.ts";
import { trainer } from "./trainer.ts";

const config = {
  family: "isolation-forest",
  trees: 50,
  sampleSize: 128,
  seed: 1,
  minTrainingRows: 16,
  maxTrainingRows: 200_000,
} as const;
const normals = (seed: number) => {
  const random = randomOf(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
};
const datasetOf = (rows: number[][], maxRows = 200_000): Dataset => ({
  features: ["a", "b"],
  shingleSize: 1,
  maxRows,
  series: [{ timestamps: rows.map((_, row) => row), rows }],
});

test("a feature that wanders is expected to wander on: the newest rows are scored as new ones", async () => {
  const normal = normals(1);
  let level = 0;
  const rows = Array.from({ length: 6000 }, () => {
    level += 0.05 * normal();
    return [level + 0.2 * normal(), normal()];
  });
  const { referenceScores } = trainer.export(await trainer.fit(datasetOf(rows.slice(0, 4000)), config, 1));
  // 2,800 older rows, then 1,200 newer ones, in the order of time.
  expect(referenceScores.length).toBe(4000);
  const mean = (scores: Float64Array) => scores.reduce((sum, score) => sum + score / scores.length, 0);
  expect(mean(referenceScores.subarray(2800))).toBeGreaterThan(mean(referenceScores.subarray(0, 2800)));
});

test("the order in which series come does not matter, their times do", async () => {
  const normal = normals(2);
  const rows = Array.from({ length: 400 }, () => [normal(), normal()]);
  const part = (from: number, to: number) => ({
    timestamps: rows.slice(from, to).map((_, row) => from + row),
    rows: rows.slice(from, to),
  });
  const dataset = (series: Dataset["series"]) => ({ ...datasetOf(rows), series });
  const inOrder = trainer.export(await trainer.fit(dataset([part(0, 200), part(200, 400)]), config, 1));
  const swapped = trainer.export(await trainer.fit(dataset([part(200, 400), part(0, 200)]), config, 1));
  expect(swapped).toEqual(inOrder);
});

test("of a hundred thousand rows every second is a reference row, and new ones score like them", async () => {
  const normal = normals(3);
  const rowsOf = (count: number) => Array.from({ length: count }, () => [normal(), Math.exp(normal())]);
  const model = await trainer.fit(datasetOf(rowsOf(100_000)), config, 1);
  const { referenceScores, scaling, ranges } = trainer.export(model);
  expect(referenceScores.length).toBe(50_000);
  const calibration = fitCalibration(referenceScores);
  const later = new Float32Array(2 * 20_000);
  for (const [row, values] of rowsOf(20_000).entries()) scaleRow(scaling, values, later, 2 * row);
  const scores = scoreForest(model.fitted.forest, later, 20_000).map((raw, row) => {
    const distances = ranges!.map((range, feature) => excess(range, later[2 * row + feature]!));
    return anomalyScore(calibration, isolationOf(raw, Math.max(...distances)));
  });
  for (const [share, most] of [
    [0.1, 1.15],
    [0.01, 1.4],
    [0.001, 2],
  ]) {
    const alarmed = scores.filter((score) => score >= -Math.log10(share!)).length / scores.length;
    expect(alarmed / share!).toBeLessThan(most!);
    expect(alarmed / share!).toBeGreaterThan(1 / most!);
  }
});

import { expect, test } from "vitest";
import type { Run } from "../dataset.ts";
import { randomOf } from "../random.ts";
import { exportLstm } from "./export.ts";
import { kernelMaker } from "./kernels.ts";
import { LSTM_PARAMS, type LstmParams } from "./model.ts";
import { vectorsEndingAt } from "./reference.ts";
import { lstmContributions, lstmForecasts, scoreLstm } from "./score.ts";
import { trainLstm } from "./train.ts";

const MINUTE = 60_000;

const runOf = (count: number, columns: number, value: (row: number, feature: number) => number, startMs = 0): Run => ({
  values: Float64Array.from({ length: count * columns }, (_, at) => value(Math.floor(at / columns), at % columns)),
  columns,
  count,
  timestamps: Float64Array.from({ length: count }, (_, row) => startMs + row * MINUTE),
});

const noise = (seed: number) => {
  const random = randomOf(seed);
  return () => random.unit() - 0.5;
};

const SMALL: LstmParams = { ...LSTM_PARAMS, window: 8, hidden: 16, lags: 4, maxEpochs: 20 };

/** The second feature is 1 after the first was above 0 five rows ago while it is above 0 now: no line says so. */
const exclusive = (count: number, seed: number): Run => {
  const random = randomOf(seed);
  const coin = Array.from({ length: count }, () => (random.unit() < 0.5 ? -1 : 1));
  return runOf(count, 2, (row, feature) =>
    feature === 0 ? coin[row]! : row < 5 ? 1 : coin[row - 5]! * coin[row - 1]!,
  );
};

test("what no line can forecast, the LSTM learns: the product of two earlier values", () => {
  const { model, losses } = trainLstm([exclusive(3000, 1)], { ...SMALL, maxEpochs: 60, learningRate: 5e-3 }, 1);
  // The first feature is a coin: half of the loss stays.
  expect(Math.min(...losses)).toBeLessThan(0.7 * losses[0]!);
  expect(model.sd[1]).toBeLessThan(0.3);
});

test("the same rows and seed give the same bytes, with and without WebAssembly; another seed gives others", () => {
  const runs = [exclusive(200, 2), exclusive(150, 3)];
  const params = { ...SMALL, maxEpochs: 2, hidden: 5 };
  const bytes = (seed: number, kind: "simd" | "plain") =>
    exportLstm(trainLstm(runs, params, seed, kernelMaker(kind)).model);
  expect(bytes(1, "simd")).toEqual(bytes(1, "simd"));
  expect(bytes(1, "plain")).toEqual(bytes(1, "simd"));
  expect(bytes(2, "simd")).not.toEqual(bytes(1, "simd"));
});

test("training ends when the later rows are not forecast better, with the weights that forecast them best", () => {
  const random = noise(4);
  const { losses, model } = trainLstm([runOf(600, 1, random)], { ...SMALL, maxEpochs: 500 }, 1);
  expect(losses.length).toBeLessThan(200);
  const best = losses.indexOf(Math.min(...losses));
  expect(losses.length - 1 - best).toBe(SMALL.patience);
  // White noise: nothing can be forecast, the spread is that of the values.
  expect(model.sd[0]).toBeGreaterThan(0.9);
  expect(model.sd[0]).toBeLessThan(1.1);
});

test("the rows that judge a model are later than all that it learnt from, whichever series they are of", () => {
  const random = noise(5);
  const early = runOf(300, 1, random);
  const late = runOf(300, 1, random, 300 * MINUTE);
  // The last 20 % of 600 rows are all of the second run.
  expect(trainLstm([early, late], SMALL, 1).referenceScores.length).toBe(120);
  expect(trainLstm([late, early], SMALL, 1).referenceScores.length).toBe(120);
});

test("a jump, a spike of one feature and a missing value are scored as what they are", () => {
  const random = noise(6);
  const trained = trainLstm([runOf(800, 2, (row) => Math.sin(row / 5) + 0.1 * random())], SMALL, 1);
  const { model, scaling } = trained;
  const scaled = Float32Array.from({ length: 40 }, (_, at) => {
    const { center, scale } = scaling[at % 2]!;
    return (Math.sin(Math.floor(at / 2) / 5) - center) / scale;
  });
  const rows = { features: 2, scaled };
  const usual = vectorsEndingAt([15], rows, model.window);
  const spike = usual.slice();
  spike[17]! += 3;
  const missing = spike.slice();
  missing[17] = Number.NaN;
  expect(scoreLstm(model, spike, 1)[0]).toBeGreaterThan(scoreLstm(model, usual, 1)[0]! + 0.5);
  const [first, second] = lstmContributions(model, spike, 1);
  expect(second).toBeGreaterThan(5 * first!);
  expect(lstmContributions(model, missing, 1)[1]).toBe(0);
  expect(lstmForecasts(model, missing, 1)).toEqual(lstmForecasts(model, usual, 1));
  expect(Math.abs(lstmForecasts(model, usual, 1)[1]! - usual[17]!)).toBeLessThan(0.3);
});

test("a constant is forecast exactly and counts as soon as it moves", () => {
  const random = noise(7);
  const { model, scaling } = trainLstm([runOf(400, 2, (_, feature) => (feature === 0 ? 7 : random()))], SMALL, 1);
  const vector = new Float32Array(18);
  expect(lstmForecasts(model, vector, 1)[0]).toBe(0);
  vector[16] = (7.0001 - scaling[0]!.center) / scaling[0]!.scale;
  const [moved] = lstmContributions(model, vector, 1);
  expect(moved).toBe(model.cap + model.levelWeight * 10);
});

test("missing values are learnt around; a feature that is missing in the later rows keeps its linear spread", () => {
  const random = noise(8);
  const run = runOf(500, 2, (row, feature) => (feature === 1 && (row > 380 || row % 9 === 0) ? Number.NaN : random()));
  const { model, referenceScores } = trainLstm([run], SMALL, 1);
  expect(model.sd[1]).toBe(model.linear.sd[1]);
  expect(referenceScores.every(Number.isFinite)).toBe(true);
  // Twice the lags is what a linear forecast needs: below, it is the mean.
  const rare = runOf(500, 2, (row, feature) => (feature === 1 && row > 4 ? Number.NaN : random()));
  const sparse = trainLstm([rare], SMALL, 1).model;
  expect(sparse.linear.weights.filter((_, at) => at % 2 === 1)).toEqual(new Float64Array(4));
});

test("too few rows, none, a feature without values, values too large, and lags beyond the window are refused", () => {
  const random = noise(9);
  const refuses = (runs: Run[], message: RegExp, params = SMALL) =>
    expect(() => trainLstm(runs, params, 1)).toThrowError(
      expect.objectContaining({ code: "VALIDATION", message: expect.stringMatching(message) }),
    );
  refuses([], /got none/);
  refuses([runOf(1, 2, random)], /needs 64 rows to learn from and 32 later ones.* 8 consecutive rows: it got 0 and 0/);
  refuses([runOf(100, 2, random)], /it got 72 and 20/);
  refuses([runOf(300, 2, (_, feature) => (feature === 0 ? Number.NaN : 1))], /metric 0 has no values/);
  refuses([runOf(300, 1, (row) => (row % 2 === 0 ? 1e300 : -1e300))], /too large/);
  refuses([runOf(300, 1, random)], /fewer than its 9 lags/, { ...SMALL, lags: 9 });
  const { referenceScores } = trainLstm([runOf(300, 1, (row) => (row === 150 ? 1e150 : row % 3))], SMALL, 1);
  expect(referenceScores.every(Number.isFinite)).toBe(true);
});

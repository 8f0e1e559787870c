import { exportLstm } from "@tidewatch/core/model/lstm/export";
import { LSTM_PARAMS, type LstmModel } from "@tidewatch/core/model/lstm/model";
import { lstmContributions, lstmForecasts, scoreLstm } from "@tidewatch/core/model/lstm/score";
import { trainLstm } from "@tidewatch/core/model/lstm/train";
import { randomOf } from "@tidewatch/core/model/random";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onnxRuntime } from "./onnx-runtime.ts";

/** Relative, and below 1 absolute: the LSTM is float32 in both. */
const TOLERANCE = 1e-5;

/** A wave that depends on the feature before it, one that never moves, and noise. */
const modelOf = (features: number, window: number, hidden: number): LstmModel => {
  const random = randomOf(3, features);
  const count = 600;
  const values = new Float64Array(count * features);
  for (let at = 0; at < values.length; at++) {
    const [row, feature] = [Math.floor(at / features), at % features];
    const followed = at > features ? 0.5 * values[at - features - 1]! : 0;
    values[at] = feature === 2 ? 5 : Math.sin(row / (3 + feature)) + random.unit() + followed;
  }
  const timestamps = Float64Array.from({ length: count }, (_, row) => row * 60_000);
  const params = { ...LSTM_PARAMS, window, hidden, lags: Math.min(LSTM_PARAMS.lags, window), maxEpochs: 8 };
  return trainLstm([{ values, columns: features, count, timestamps }], params, 1).model;
};

const loaded = async (model: LstmModel) => ({ model, scorer: await onnxRuntime().load(exportLstm(model)) });
type Loaded = Awaited<ReturnType<typeof loaded>>;

const expectEqual = async ({ model, scorer }: Loaded, vectors: Float32Array) => {
  const width = model.features * (model.window + 1);
  const rowCount = vectors.length / width;
  expect(scorer.columns).toBe(width);
  const names = ["scores", "contributions", "expected", "deviation"];
  const theirs = await scorer.runFor(names, vectors, rowCount);
  const ours = [
    scoreLstm(model, vectors, rowCount),
    lstmContributions(model, vectors, rowCount),
    lstmForecasts(model, vectors, rowCount),
    Float64Array.from({ length: rowCount * model.features }, (_, at) => model.sd[at % model.features]!),
  ];
  for (const [output, values] of ours.entries()) {
    expect(theirs[output]!.length).toBe(values.length);
    for (const [at, value] of values.entries()) {
      expect(Math.abs(theirs[output]![at]! - value)).toBeLessThanOrEqual(TOLERANCE * Math.max(1, Math.abs(value)));
    }
  }
};

const value = fc.oneof(
  fc.float(),
  fc.float({ min: -12, max: 12, noNaN: true }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4028234663852886e38, 0, -0, 10, 50),
);

test("ONNX Runtime and the model itself give the same scores, contributions and forecasts, whatever the values", async () => {
  for (const [features, window, hidden] of [
    [1, 10, 16],
    [2, 3, 5],
    [5, 20, 20],
  ] as const) {
    const model = await loaded(modelOf(features, window, hidden));
    const width = features * (window + 1);
    const vector = fc.array(value, { minLength: width, maxLength: width });
    await fc.assert(
      fc.asyncProperty(fc.array(vector, { minLength: 1, maxLength: 20 }), (vectors) =>
        expectEqual(model, Float32Array.from(vectors.flat())),
      ),
      { numRuns: 50 },
    );
  }
});

test("the same holds for long windows, for rows without any value, and for constant rows", async () => {
  const model = await loaded(modelOf(12, 60, 32));
  const random = randomOf(8);
  const width = 12 * 61;
  await expectEqual(
    model,
    Float32Array.from({ length: width * 100 }, () => random.unit() * 8 - 4),
  );
  await expectEqual(model, new Float32Array(width).fill(Number.NaN));
  await expectEqual(model, new Float32Array(width * 2).fill(1.5));
});

test("weights as large as they come do not make the two differ", async () => {
  const model = modelOf(3, 30, 16);
  const random = randomOf(9);
  for (const part of [model.weights.input, model.weights.recurrent, model.weights.bias, model.weights.output]) {
    for (let at = 0; at < part.length; at++) part[at] = (random.unit() - 0.5) * 2;
  }
  await expectEqual(
    await loaded(model),
    Float32Array.from({ length: 93 * 50 }, () => random.unit() * 8 - 4),
  );
});

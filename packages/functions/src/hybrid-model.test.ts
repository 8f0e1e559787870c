import { exportHybrid } from "@tidewatch/core/model/hybrid/export";
import { expectedRows } from "@tidewatch/core/model/hybrid/features";
import { type HybridModel, windowOf } from "@tidewatch/core/model/hybrid/model";
import { hybridContributions, hybridIsolations, hybridScores } from "@tidewatch/core/model/hybrid/score";
import { trainHybrid } from "@tidewatch/core/model/hybrid/train";
import { randomOf } from "@tidewatch/core/model/random";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onnxRuntime } from "./onnx-runtime.ts";

/** Metrics that each follow their own last value; the last one is constant. */
const modelOf = (metrics: number): HybridModel => {
  const random = randomOf(3, metrics);
  const count = 400;
  const rows = new Float32Array(count * metrics);
  for (let at = 0; at < rows.length; at++) {
    const isConstant = metrics > 1 && at % metrics === metrics - 1;
    rows[at] = isConstant ? 0 : 0.7 * (rows[at - metrics] ?? 0) + 2 * (random.unit() - 0.5);
  }
  const params = { lags: 4, recent: 5, trees: 30, sampleSize: 64 };
  return trainHybrid([{ rows, count }], metrics, params, 1).model;
};
const models = [1, 2, 6].map(modelOf);

test("ONNX Runtime and the model itself give the same: random, extreme, missing and constant rows", async () => {
  const value = fc.oneof(
    fc.float({ min: -3, max: 3, noNaN: true }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.constant(Number.NaN),
  );
  for (const model of models) {
    const { metrics } = model;
    const columns = metrics * windowOf(model);
    const loaded = await onnxRuntime().load(exportHybrid(model));
    expect(loaded.columns).toBe(columns);
    const vector = fc.oneof(
      fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: columns, maxLength: columns }),
      fc.array(value, { minLength: columns, maxLength: columns }),
      value.map((constant) => new Array<number>(columns).fill(constant)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(vector, { minLength: 1, maxLength: 8 }), async (list) => {
        const vectors = Float32Array.from(list.flat());
        const outputs = ["scores", "contributions", "expected", "deviation"];
        const [scores, contributions, expected, deviation] = await loaded.runFor(outputs, vectors, list.length);
        const isolations = hybridIsolations(model, vectors, list.length);
        near(scores!, hybridScores(isolations, metrics));
        near(contributions!, hybridContributions(isolations));
        near(expected!, expectedRows(model, vectors, list.length));
        expect([...deviation!]).toEqual(list.flatMap(() => [...Float32Array.from(model.sd)]));
      }),
      { numRuns: 100 },
    );
  }
});

const near = (theirs: Float32Array, ours: Float64Array) => {
  expect(theirs.length).toBe(ours.length);
  for (const [at, value] of ours.entries()) {
    expect(Math.abs(theirs[at]! - value)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
  }
};

test("a missing newest value is the least strange, and adds nothing", async () => {
  const [single] = models as [HybridModel];
  const loaded = await onnxRuntime().load(exportHybrid(single));
  const vector = new Float32Array(windowOf(single)).fill(Number.NaN, windowOf(single) - 1);
  const [scores, contributions] = await loaded.runFor(["scores", "contributions"], vector, 1);
  expect([scores![0], contributions![0]]).toEqual([-1, 0]);
});

import { randomOf } from "@tidewatch/core/model/random";
import { scaleRow } from "@tidewatch/core/model/scaling";
import { exportVar } from "@tidewatch/core/model/var/export";
import { fitVar } from "@tidewatch/core/model/var/fit";
import { VAR_PARAMS, type VarModel } from "@tidewatch/core/model/var/model";
import { type MetricRows, type MetricScaling, metricScaling, momentsOf } from "@tidewatch/core/model/var/moments";
import { lagProducts } from "@tidewatch/core/model/var/products";
import { expectedByVar, scoreVar, varContributions } from "@tidewatch/core/model/var/score";
import { tailCounts, withTails } from "@tidewatch/core/model/var/tails";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onnxRuntime } from "./onnx-runtime.ts";

/** Relative: what the cut of the result to float32 leaves. */
const TOLERANCE = 1e-6;

const fitted = (rows: MetricRows, scaling: MetricScaling[]): VarModel => {
  const model = fitVar(lagProducts(rows, scaling, VAR_PARAMS), scaling, VAR_PARAMS);
  return withTails(model, tailCounts(model, rows, scaling));
};

/** A metric that follows the one before it, one that never moves, and the rest noise. */
const modelOf = (metrics: number): VarModel => {
  const random = randomOf(3, metrics);
  const values = new Float64Array(600 * metrics);
  for (let at = 0; at < values.length; at++) {
    const isConstant = at % metrics === 2;
    values[at] = isConstant ? 5 : random.unit() + (at > metrics ? 0.8 * values[at - metrics - 1]! : 0);
  }
  const rows = { values, columns: metrics, count: 600 };
  const scaling = metricScaling(momentsOf(rows));
  return fitted(rows, scaling);
};

const loaded = async (model: VarModel) => ({
  model,
  scorer: await onnxRuntime().load(exportVar(model)),
});

const expectEqual = async ({ model, scorer }: Awaited<ReturnType<typeof loaded>>, vectors: Float32Array) => {
  const width = model.metrics * (model.lags + 1);
  const rowCount = vectors.length / width;
  expect(scorer.columns).toBe(width);
  const forecasts = Array.from({ length: rowCount }, (_, row) =>
    expectedByVar(model, vectors.subarray(row * width, (row + 1) * width)),
  );
  const [contributions, expected, deviation] = await scorer.runFor(
    ["contributions", "expected", "deviation"],
    vectors,
    rowCount,
  );
  for (const [theirs, ours] of [
    [await scorer.run(vectors, rowCount), scoreVar(model, vectors, rowCount)],
    [contributions!, varContributions(model, vectors, rowCount)],
    [expected!, Float64Array.from(forecasts.flatMap(({ mean }) => [...mean]))],
    [deviation!, Float64Array.from(forecasts.flatMap(({ sd }) => [...sd]))],
  ] as const) {
    expect(theirs.length).toBe(ours.length);
    for (const [at, value] of ours.entries()) {
      expect(Math.abs(theirs[at]! - value)).toBeLessThanOrEqual(TOLERANCE * Math.abs(value) + 1e-30);
    }
  }
};

const value = fc.oneof(
  fc.float(),
  fc.float({ min: -12, max: 12, noNaN: true }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4028234663852886e38, 0, -0, 10, 50),
);

test("ONNX Runtime and the model itself give the same scores and contributions, whatever the values", async () => {
  for (const metrics of [1, 2, 3, 7]) {
    const model = await loaded(modelOf(metrics));
    const vector = fc.array(value, { minLength: metrics * 4, maxLength: metrics * 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(vector, { minLength: 1, maxLength: 20 }), (vectors) =>
        expectEqual(model, Float32Array.from(vectors.flat())),
      ),
      { numRuns: 50 },
    );
  }
});

test("the same holds for 64 metrics, for rows without any value, and for constant rows", async () => {
  const model = await loaded(modelOf(64));
  const random = randomOf(8);
  await expectEqual(
    model,
    Float32Array.from({ length: 256 * 30 }, () => random.unit() * 8 - 4),
  );
  await expectEqual(model, new Float32Array(256).fill(Number.NaN));
  await expectEqual(model, new Float32Array(512).fill(1.5));
});

test("metrics of epoch milliseconds lose nothing: they are scaled in doubles before the cut to float32", async () => {
  const random = randomOf(5);
  const start = Date.UTC(2026, 0, 1);
  const values = Float64Array.from({ length: 1000 }, (_, at) =>
    at % 2 === 0 ? start + random.unit() * 50 : random.unit(),
  );
  const rows = { values, columns: 2, count: 500 };
  const scaling = metricScaling(momentsOf(rows));
  const model = fitted(rows, scaling);
  const vectors = new Float32Array(8);
  for (let row = 0; row < 4; row++) scaleRow(scaling, values, vectors, row * 2, row * 2);
  const usual = scoreVar(model, vectors, 1)[0]!;
  // A quarter of a second later than ever; the last place of a float32 of this size is 131 s.
  vectors[6] = (start + 300 - scaling[0]!.center) / scaling[0]!.scale;
  expect(scoreVar(model, vectors, 1)[0]).toBeGreaterThan(usual + 1);
  await expectEqual(await loaded(model), vectors);
});

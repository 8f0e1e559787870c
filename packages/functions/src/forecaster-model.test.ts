import { fitArima, processOf } from "@tidewatch/core/model/arima/fit";
import { AUTOREGRESSION_PARAMS, fitAutoregression } from "@tidewatch/core/model/autoregression/fit";
import { exportForecaster, scoreWindows, windowForecaster } from "@tidewatch/core/model/linear/export";
import { oneStepForecasts } from "@tidewatch/core/model/linear/process";
import { randomOf } from "@tidewatch/core/model/random";
import { fitScaling } from "@tidewatch/core/model/scaling";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onnxRuntime } from "./onnx-runtime.ts";

const random = randomOf(6);
/** Counts around a million, each near the one before, and what is left of the last shock. */
const series = new Float64Array(600);
let [level, shock] = [0, 0];
for (let at = 0; at < series.length; at++) {
  const next = random.unit() - 0.5;
  level = 0.7 * level + next + 0.4 * shock;
  shock = next;
  series[at] = 1e6 + 50 * level;
}
const order = { p: 1, d: 0, q: 1, seasonalP: 0, seasonalD: 0, seasonalQ: 0, period: 0, hasConstant: true };
const processes = {
  autoregression: fitAutoregression(series, AUTOREGRESSION_PARAMS),
  arima: processOf(fitArima([series], order)),
};
const scaling = fitScaling(series.slice());
const WINDOW = 30;
const FLOAT32_MAX = 3.4028234663852886e38;

test("ONNX Runtime and the forecaster itself give the same: random, extreme, missing and constant values", async () => {
  for (const process of Object.values(processes)) {
    const forecaster = windowForecaster(process, scaling, WINDOW);
    const model = await onnxRuntime().load(exportForecaster(forecaster));
    const value = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.float({ min: -5, max: 5, noNaN: true }),
      fc.constant(Number.NaN),
    );
    const vector = fc.oneof(
      fc.array(value, { minLength: WINDOW + 1, maxLength: WINDOW + 1 }),
      value.map((constant) => new Array<number>(WINDOW + 1).fill(constant)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(vector, { minLength: 1, maxLength: 10 }), async (list) => {
        const vectors = Float32Array.from(list.flat());
        const ours = scoreWindows(forecaster, vectors, list.length);
        const outputs = ["scores", "expected", "deviation"];
        const [scores, expected, deviation] = await model.runFor(outputs, vectors, list.length);
        for (const [row, score] of ours.entries()) {
          const known = list[row]!.map((one) => (Number.isNaN(one) ? 0 : one));
          // Where the residual is a small difference of large numbers, what is left of it is their rounding.
          const rounding = 1e-13 * (Math.max(...known.map(Math.abs)) / forecaster.sd);
          expect(Math.abs(scores![row]! - score)).toBeLessThanOrEqual(1e-6 * (1 + score) + rounding);
          const forecast = known.slice(0, -1).reduce((sum, one, at) => sum + one * forecaster.weights[at]!, 0);
          const bounded = Math.max(-FLOAT32_MAX, Math.min(FLOAT32_MAX, forecast + forecaster.constant));
          const size = Math.max(1, ...known.map(Math.abs));
          expect(Math.abs(expected![row]! - bounded)).toBeLessThanOrEqual(1e-6 * size);
          expect(deviation![row]).toBe(Math.fround(forecaster.sd));
        }
      }),
      { numRuns: 100 },
    );
  }
});

test("a missing newest value scores 0, a missing earlier one counts as the centre", async () => {
  const forecaster = windowForecaster(processes.arima, scaling, WINDOW);
  const model = await onnxRuntime().load(exportForecaster(forecaster));
  const vectors = new Float32Array(3 * (WINDOW + 1)).fill(0.5);
  vectors[WINDOW] = Number.NaN;
  vectors[WINDOW + 1 + 4] = Number.NaN;
  vectors[2 * (WINDOW + 1) + 4] = 0;
  const scores = await model.run(vectors, 3);
  expect(scores[0]).toBe(0);
  expect(scores[1]).toBe(scores[2]);
  expect(scoreWindows(forecaster, vectors, 3)[0]).toBe(0);
});

test("scores of scaled windows are the one-step residuals over their spread", () => {
  for (const process of Object.values(processes)) {
    const forecaster = windowForecaster(process, scaling, WINDOW);
    const forecasts = oneStepForecasts(process, series);
    for (const row of [100, 300, 599]) {
      const window = series.subarray(row - WINDOW, row + 1);
      const vector = Float32Array.from(window, (value) => (value - scaling.center) / scaling.scale);
      const expected = Math.log1p(Math.abs(series[row]! - forecasts[row]!) / process.sd);
      expect(scoreWindows(forecaster, vector, 1)[0]).toBeCloseTo(expected, 4);
    }
  }
});

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
  arima: processOf(fitArima(series, order)),
};
const scaling = fitScaling(series.slice());
const WINDOW = 30;

test("ONNX Runtime and the forecaster itself give the same scores: random, extreme and constant values", async () => {
  for (const process of Object.values(processes)) {
    const forecaster = windowForecaster(process, scaling, WINDOW);
    const model = await onnxRuntime().load(exportForecaster(forecaster));
    const value = fc.oneof(
      fc.float({ noNaN: true, min: -(2 ** 100), max: 2 ** 100 }),
      fc.float({ min: -5, max: 5, noNaN: true }),
    );
    const vector = fc.oneof(
      fc.array(value, { minLength: WINDOW + 1, maxLength: WINDOW + 1 }),
      value.map((constant) => new Array<number>(WINDOW + 1).fill(constant)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(vector, { minLength: 1, maxLength: 10 }), async (list) => {
        const vectors = Float32Array.from(list.flat());
        const [ours, theirs] = [scoreWindows(forecaster, vectors, list.length), await model.run(vectors, list.length)];
        for (const [row, score] of ours.entries()) {
          // Relative to the largest value that goes in: a residual is a difference, and may be 0.
          const size = Math.max(1, ...list[row]!.map(Math.abs)) / forecaster.sd;
          expect(Math.abs(theirs[row]! - score)).toBeLessThanOrEqual(1e-6 * Math.abs(score) + 1e-12 * size);
        }
      }),
      { numRuns: 50 },
    );
  }
});

test("a missing value gives no score", async () => {
  const forecaster = windowForecaster(processes.arima, scaling, WINDOW);
  const model = await onnxRuntime().load(exportForecaster(forecaster));
  const vector = new Float32Array(WINDOW + 1).fill(Number.NaN, 4, 5);
  expect(scoreWindows(forecaster, vector, 1)[0]).toBeNaN();
  expect((await model.run(vector, 1))[0]).toBeNaN();
});

test("scores of scaled windows are the one-step residuals over their spread", () => {
  for (const process of Object.values(processes)) {
    const forecaster = windowForecaster(process, scaling, WINDOW);
    const forecasts = oneStepForecasts(process, series);
    for (const row of [100, 300, 599]) {
      const window = series.subarray(row - WINDOW, row + 1);
      const vector = Float32Array.from(window, (value) => (value - scaling.center) / scaling.scale);
      const expected = Math.abs(series[row]! - forecasts[row]!) / process.sd;
      expect(scoreWindows(forecaster, vector, 1)[0]).toBeCloseTo(expected, 4);
    }
  }
});

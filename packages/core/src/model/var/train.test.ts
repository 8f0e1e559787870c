import { expect, test } from "vitest";
import { anomalyScore, fitCalibration } from "../calibration.ts";
import { randomOf } from "../random.ts";
import { VAR_PARAMS } from "./model.ts";
import type { MetricRows } from "./moments.ts";
import { scoreVar } from "./score.ts";
import { heldOutScores, trainVar, varVectors } from "./train.ts";

/** Metrics that each follow their own past and the first one's, by Box–Muller noise. */
const rowsOf = (count: number, columns: number, seed: number): MetricRows => {
  const random = randomOf(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  const values = new Float64Array(count * columns);
  for (let at = 0; at < values.length; at++) {
    const [own, first] = [values[at - columns] ?? 0, values[at - columns - (at % columns)] ?? 0];
    values[at] = 0.5 * own + 0.3 * first + normal();
  }
  return { values, columns, count };
};

test("a fault that starts in a run is scored above all that went before, and only from its row on", () => {
  const trained = trainVar([rowsOf(1500, 5, 1)], VAR_PARAMS);
  const live = rowsOf(300, 5, 2);
  for (let row = 200; row < 300; row++) live.values[row * 5 + 3] = live.values[row * 5 + 3]! + 15;
  const { vectors, rowCount } = varVectors(trained, live);
  const scores = scoreVar(trained.model, vectors, rowCount);
  expect(rowCount).toBe(297);
  // Vector 197 is that of row 200.
  expect(scores.subarray(0, 197).every((score) => score < scores[197]!)).toBe(true);
});

test("two runs are learnt without the window that would join them", () => {
  const [a, b] = [rowsOf(400, 2, 3), rowsOf(300, 2, 4)];
  expect(trainVar([a, b], VAR_PARAMS).model.windows).toBe(397 + 297);
  expect(() => trainVar([], VAR_PARAMS)).toThrow("var needs rows to learn from, got none");
});

test("calibrated on held-out scores, new rows pass one in a hundred about that often, with few metrics and many", () => {
  for (const columns of [3, 30]) {
    let beyond = 0;
    let rows = 0;
    for (const seed of [1, 2, 3, 4]) {
      const reference = rowsOf(2000, columns, seed);
      const calibration = fitCalibration(heldOutScores([reference], VAR_PARAMS));
      const trained = trainVar([reference], VAR_PARAMS);
      const { vectors, rowCount } = varVectors(trained, rowsOf(2000, columns, seed + 100));
      for (const raw of scoreVar(trained.model, vectors, rowCount)) {
        if (anomalyScore(calibration, raw) >= 2) beyond++;
        rows++;
      }
    }
    // 600 held-out rows each: their 1 % quantile is known to a factor of about 1.5, of four together to 1.25.
    expect(beyond / rows).toBeGreaterThan(0.005);
    expect(beyond / rows).toBeLessThan(0.017);
  }
});

test("a run that is too short to be held out gives no scores", () => {
  const short = { values: new Float64Array(4), columns: 2, count: 2 };
  expect(heldOutScores([rowsOf(200, 2, 5), short], VAR_PARAMS).length).toBe(60);
});

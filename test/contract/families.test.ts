import { Detector } from "@tidewatch/core/detector";
import type { TrainingSeries } from "@tidewatch/core/model/dataset";
import { FAMILY_NAMES, familyOf } from "@tidewatch/core/model/families";
import { randomOf } from "@tidewatch/core/model/random";
import { scaleRow } from "@tidewatch/core/model/scaling";
import { loadScorer } from "@tidewatch/core/model/scorer";
import { fitDetector } from "@tidewatch/core/train/fit";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { describe, expect, it } from "vitest";

const ROWS = 600;
const TOO_FEW =
  /needs 300 .*to train and has \d: \d+ more|learns from labels: 0 anomalous and \d normal rows have labels/;
const names = FAMILY_NAMES.filter((name) => familyOf({ family: name }).kind === "trained");

/** What every trained family must hold, whatever it learns. */
describe.each(names)("the family %s", (family) => {
  const features = familyOf({ family }).features?.max === 1 ? ["cpu"] : ["cpu", "memory"];
  const detector = Detector.parse({
    id: "host",
    features: features.map((metric) => ({ metric })),
    model: { family, minTrainingRows: 300 },
  });
  /** One row in fifty is labelled anomalous, for families that learn from labels. */
  const seriesOf = (row: (at: number) => number[], rows = ROWS): TrainingSeries => ({
    timestamps: Array.from({ length: rows }, (_, at) => at * 60_000),
    rows: Array.from({ length: rows }, (_, at) => row(at).slice(0, features.length)),
    labels: Array.from({ length: rows }, (_, at) => (at % 50 === 49 ? 1 : 0)),
  });
  const noise = () => {
    const random = randomOf(5);
    return seriesOf((at) => [
      50 + 5 * Math.sin(at / 20) + random.unit() + (at % 50 === 49 ? 30 : 0),
      20 + random.unit(),
    ]);
  };
  const trained = (series: TrainingSeries, seed = 1) =>
    fitDetector(detector, [series], { version: 1, seed, nowMs: 0, featureHash: "f" });
  const load = async (series: TrainingSeries) => {
    const { manifest, onnx } = await trained(series);
    return loadScorer(onnxRuntime(), manifest, onnx);
  };
  /** One vector of rows that are all `values`. */
  const vectorOf = ({ manifest }: Awaited<ReturnType<typeof load>>, values: readonly number[]) => {
    const vector = new Float32Array(manifest.shingleSize * features.length);
    for (let at = 0; at < vector.length; at += features.length) scaleRow(manifest.scaling, values, vector, at);
    return vector;
  };

  it("gives the same bytes for the same seed", async () => {
    expect(await trained(noise())).toEqual(await trained(noise()));
  });

  it("is served by ONNX Runtime, with finite scores for any row and shares that sum to 1", async () => {
    const scorer = await load(noise());
    for (const value of [50, 0, -1e300, 1e300, 1e9, Number.NaN]) {
      const vector = vectorOf(scorer, [value, 20]);
      const { scores, forecast } = await scorer.score(vector, 1);
      expect(scores[0]).toBeGreaterThanOrEqual(0);
      expect(scores[0]).toBeLessThanOrEqual(16);
      const shares = await scorer.attribute(vector, 1);
      expect(shares.length).toBe(features.length);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      if (!forecast || Number.isNaN(value)) continue;
      expect([...forecast.expected, ...forecast.band].every(Number.isFinite)).toBe(true);
    }
  });

  it("gives a defined result, or says why not, for rows that are hard to learn from", async () => {
    const random = randomOf(9);
    const hard: Record<string, TrainingSeries> = {
      constant: seriesOf(() => [7, 7]),
      duplicated: seriesOf((at) => [at % 3, at % 3]),
      huge: seriesOf((at) => [at % 2 === 0 ? 1e300 : -1e300, random.unit()]),
      "with one constant": seriesOf(() => [random.unit(), 1e9]),
    };
    for (const [what, series] of Object.entries(hard)) {
      const fitted = await trained(series).catch((error: unknown) => error);
      if (fitted instanceof Error) {
        expect(fitted, what).toMatchObject({ code: "VALIDATION" });
        expect(fitted.message, what).not.toMatch(/undefined|NaN/);
        continue;
      }
      const scorer = await load(series);
      const { scores } = await scorer.score(vectorOf(scorer, [7, 7]), 1);
      expect(scores[0], what).toBeGreaterThanOrEqual(0);
    }
  });

  it("refuses too few rows, and rows without values, with how many are missing", async () => {
    await expect(trained(seriesOf(() => [1, 2], 1))).rejects.toThrow(TOO_FEW);
    await expect(trained(seriesOf(() => [Number.NaN, Number.NaN]))).rejects.toThrow(TOO_FEW);
  });
});

import { expect, test } from "vitest";
import { labelledRows } from "../../../../../test/support/labelled-rows.ts";
import { Detector } from "../../detector.ts";
import { fitDetector } from "../../train/fit.ts";
import { anomalyScore } from "../calibration.ts";
import type { TrainingSeries } from "../dataset.ts";
import { randomForest } from "./family.ts";
import { trainer } from "./trainer.ts";
import { surprise } from "./votes.ts";

const options = { version: 1, seed: 1, nowMs: 0, featureHash: "f" };
const detector = (model: object, shingleSize = 1) =>
  Detector.parse({
    id: "labelled",
    features: [..."abcdefgh"].map((metric) => ({ metric })),
    shingleSize,
    model: { family: "random-forest", minTrainingRows: 100, trees: 30, ...model },
  });

/** Every third row has no label. */
const series = (
  count: number,
  label = (row: number, value: number): 0 | 1 | null => (row % 3 === 0 ? null : value ? 1 : 0),
): TrainingSeries[] => {
  const { values, labels } = labelledRows(count, 1);
  return [
    {
      timestamps: Array.from(labels, (_, row) => 1000 * row),
      rows: Array.from(labels, (_, row) => Array.from(values.subarray(8 * row, 8 * row + 8))),
      labels: Array.from(labels, (value, row) => label(row, value)),
    },
  ];
};

test("learns from the rows that have a label, and says what it learnt", async () => {
  const { manifest } = await fitDetector(detector({}), series(900), options);
  expect(manifest).toMatchObject({ family: "random-forest", trainingRows: 600, trainingFromMs: 1000 });
  expect(manifest.params).toMatchObject({ engine: "histogram", trees: 30, minLeafRows: 3, classWeights: "balanced" });
  expect(manifest.params.outOfBagAreaUnderCurve).toBeGreaterThan(0.75);
  const importance = manifest.params.permutationImportance as Record<string, number>;
  expect(importance.d).toBeGreaterThan(importance.h!);
});

test("labels that never overlap leave no spread: a row on which few trees differ is within measure", async () => {
  const [one] = series(600);
  const labels = one!.rows.map((_, row): 0 | 1 => (row % 10 === 0 ? 1 : 0));
  const rows = labels.map((label) => new Array<number>(8).fill(label));
  const { manifest } = await fitDetector(detector({}), [{ ...one!, rows, labels }], options);
  expect(manifest.calibration.tailScale).toBe(0.03);
  const [few, all] = [3, 30].map((votes) => anomalyScore(manifest.calibration, surprise(votes, 30)));
  expect(few).toBeLessThan(5);
  expect(all).toBe(16);
});

test("the engine ml-random-forest gives a model of the same kind", async () => {
  const { manifest } = await fitDetector(detector({ engine: "ml-random-forest" }), series(300), options);
  expect(manifest.params).toMatchObject({ engine: "ml-random-forest", trees: 30 });
  expect(Object.keys(manifest.params.permutationImportance as object)).toEqual([..."abcdefgh"]);
});

test("shingles take part with unlabelled rows, and are labelled by their newest", async () => {
  const { manifest } = await fitDetector(detector({}, 2), series(900), options);
  expect(manifest).toMatchObject({ shingleSize: 2, trainingRows: 600 });
  expect(Object.keys(manifest.params.permutationImportance as object)).toEqual([..."abcdefgh"]);
});

test("no labels, or those of one kind only, are a clear refusal", async () => {
  const unlabelled = series(300).map(({ labels, ...rest }) => rest);
  const normal = series(300, () => 0);
  const refusals = [
    [unlabelled, "0 anomalous and 0 normal rows have labels: label some anomalous and some normal ones"],
    [normal, "0 anomalous and 300 normal rows have labels: label some anomalous ones"],
    [
      series(120),
      /^detector labelled learns from labels: \d+ anomalous and \d+ normal .*100 that it waits for: label more$/,
    ],
  ] as const;
  for (const [given, message] of refusals) {
    const refused = fitDetector(detector({}), given, options);
    await expect(refused).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(refused).rejects.toThrow(message);
  }
  const config = randomForest.config.parse({ family: "random-forest" });
  const dataset = { features: [..."abcdefgh"], shingleSize: 1, maxRows: 1000, series: normal };
  await expect(async () => trainer.fit(dataset, config, 1)).rejects.toMatchObject({
    code: "VALIDATION",
    message: /there are 0 anomalous and 300 normal ones; label some/,
  });
});

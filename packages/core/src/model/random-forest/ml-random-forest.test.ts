import { RandomForestClassifier } from "ml-random-forest";
import { expect, test } from "vitest";
import { labelledRows } from "../../../../../test/support/labelled-rows.ts";
import { areaUnderCurve } from "./area-under-curve.ts";
import { fitRandomForest, RANDOM_FOREST_PARAMS } from "./fit.ts";
import { fitMlRandomForest } from "./ml-random-forest.ts";
import { leafOf, scoreRandomForest } from "./score.ts";

const params = { ...RANDOM_FOREST_PARAMS, trees: 20, featuresPerSplit: 4 };

test("the converted trees vote as the package's own do, on its splits too", async () => {
  const rows = labelledRows(150, 1);
  const trained: RandomForestClassifier[] = [];
  const { prototype } = RandomForestClassifier;
  const { train } = prototype;
  prototype.train = function (set, values) {
    trained.push(this);
    train.call(this, set, values);
  };
  const { forest } = await fitMlRandomForest(rows, params).finally(() => {
    prototype.train = train;
  });
  expect(trained.length).toBe(20);
  const inputs = Float32Array.of(...rows.values, ...labelledRows(500, 2).values);
  for (const threshold of forest.threshold) inputs[Math.floor(Math.abs(threshold) * 4000)] = threshold;
  const matrix = Array.from({ length: 650 }, (_, row) => [...inputs.subarray(8 * row, 8 * row + 8)]);
  for (const [tree, root] of forest.roots.entries()) {
    const votes = matrix.map((_, row) => forest.value[leafOf(forest, root, inputs, row * 8)]!);
    expect(votes).toEqual(trained[tree]!.predict(matrix));
  }
});

test("it and the histogram engine find the same: an independent check of both", async () => {
  const [train, later] = [labelledRows(400, 1), labelledRows(2000, 2)];
  const areaOf = async (fit: typeof fitRandomForest) => {
    const { forest } = await fit(train, { ...params, trees: 60 });
    return areaUnderCurve(scoreRandomForest(forest, later.values, 2000), later.labels);
  };
  const [histogram, independent] = [await areaOf(fitRandomForest), await areaOf(fitMlRandomForest)];
  expect(independent).toBeGreaterThan(0.75);
  expect(histogram).toBeGreaterThan(independent - 0.02);
});

test("rows out of bag and the shares of the impurity are there as with the other engine", async () => {
  const rows = labelledRows(200, 1);
  const fitted = await fitMlRandomForest(rows, { ...params, featuresPerSplit: 8 });
  expect(fitted.areaUnderCurve).toBeGreaterThan(0.6);
  expect(fitted.impurityImportance.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
  expect(await fitMlRandomForest(rows, { ...params, featuresPerSplit: 8 })).toEqual(fitted);
});

test("too many rows and missing values are refused", async () => {
  await expect(fitMlRandomForest(labelledRows(5001, 1), params)).rejects.toMatchObject({
    code: "VALIDATION",
    message: /at most 5000 rows.*got 5001: use the engine histogram/,
  });
  const rows = labelledRows(20, 1);
  rows.values[11] = Number.NaN;
  await expect(fitMlRandomForest(rows, params)).rejects.toMatchObject({ message: /row 1, column 3/ });
});

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { labelledRows } from "../../../../../test/support/labelled-rows.ts";
import { areaUnderCurve } from "./area-under-curve.ts";
import { binRows } from "./bins.ts";
import { exportRandomForest } from "./export.ts";
import { fitRandomForest, growParams, RANDOM_FOREST_PARAMS, referenceScores } from "./fit.ts";
import { type GrowTrees, growTrees } from "./grow.ts";
import type { LabelledRows } from "./rows.ts";
import { anomalyProbability, leafOf, scoreRandomForest } from "./score.ts";

type Reference = { anomalous: number } & Record<"none" | "balanced", { mean: number; sd: number }>;
const reference: Reference = JSON.parse(readFileSync(new URL("fixtures/scikit-learn.json", import.meta.url), "utf8"));
const train = labelledRows(3000, 1);
const test3000 = labelledRows(3000, 2);
const params = RANDOM_FOREST_PARAMS;
const byDefault = fitRandomForest(train, params);

const rowsOf = (columns: number, ...rows: [...values: number[], label: number][]): LabelledRows => ({
  values: Float32Array.from(rows.flatMap((row) => row.slice(0, columns))),
  labels: Uint8Array.from(rows, (row) => row[columns]!),
  columns,
  count: rows.length,
});

describe("against scikit-learn", () => {
  test.each(["none", "balanced"] as const)(
    "class weights %s: the area under the curve is that of its forests",
    async (classWeights) => {
      expect(train.labels.reduce((sum, label) => sum + label, 0)).toBe(reference.anomalous);
      const areas = await Promise.all(
        [1, 2].map(async (seed) => {
          const { forest } = await fitRandomForest(train, { ...params, minLeafRows: 1, classWeights, seed });
          return areaUnderCurve(scoreRandomForest(forest, test3000.values, 3000), test3000.labels);
        }),
      );
      const mean = areas.reduce((sum, area) => sum + area / areas.length, 0);
      expect(mean).toBeGreaterThan(reference[classWeights].mean - 0.01);
    },
  );

  test("the area out of bag is near that of new rows", async () => {
    const fitted = await byDefault;
    const area = areaUnderCurve(scoreRandomForest(fitted.forest, test3000.values, 3000), test3000.labels);
    expect(Math.abs(fitted.areaUnderCurve - area)).toBeLessThan(0.03);
  });
});

describe("trees", () => {
  test("one split: the threshold is the middle of the gap, in float32", async () => {
    const rows = rowsOf(1, [1, 0], [1, 0], [2, 0], [5, 1], [5, 1], [6, 1]);
    const { forest } = await fitRandomForest(rows, { ...params, minLeafRows: 1, trees: 20 });
    const splits = [...forest.roots].filter((root) => forest.feature[root] === 0);
    expect(splits.length).toBeGreaterThan(10);
    // Bins are 1, 2, 5 and 6: a sample without 2 cuts in the middle of bins, at 1.5, and one with it between 2 and 5.
    expect(splits.some((root) => forest.threshold[root] === 3.5)).toBe(true);
    expect(splits.every((root) => [1.5, 3.5].includes(forest.threshold[root]!))).toBe(true);
    const probability = anomalyProbability(forest, Float32Array.of(1, 6), 2);
    expect(probability[0]).toBeLessThan(0.2);
    expect(probability[1]).toBeGreaterThan(0.8);
  });

  test("class weights: P of a leaf is that of labels of equal weight", async () => {
    // Nothing to split: every leaf is a root, with one anomalous row in five on average.
    const rows = rowsOf(1, ...Array.from({ length: 400 }, (_, row) => [7, row % 5 === 0 ? 1 : 0] as [number, number]));
    const probability = async (classWeights: "balanced" | "none") => {
      const { forest } = await fitRandomForest(rows, { ...params, classWeights });
      expect(forest.feature.every((feature) => feature === -1)).toBe(true);
      return anomalyProbability(forest, Float32Array.of(7), 1)[0]!;
    };
    expect(await probability("none")).toBeCloseTo(0.2, 1);
    expect(await probability("balanced")).toBeCloseTo(0.5, 1);
  });

  test.each([1, 4, 20])("each leaf keeps %i rows of its sample, and no path is longer than allowed", (minLeafRows) => {
    const binned = binRows(labelledRows(400, 3));
    const grow = { ...growParams(labelledRows(400, 3), params), minLeafRows, maxDepth: 5, trees: 4 };
    const { trees } = growTrees(binned, grow, 0, 4);
    for (const tree of trees) {
      const depth = new Uint8Array(tree.feature.length);
      for (const [node, feature] of tree.feature.entries()) {
        if (feature < 0) continue;
        depth[tree.left[node]!] = depth[tree.right[node]!] = depth[node]! + 1;
      }
      expect(Math.max(...depth)).toBe(5);
    }
    const wide = growTrees(binned, { ...grow, minLeafRows: 150 }, 0, 4).trees;
    // Of 400 drawn rows two sides of 150 fit, four do not.
    expect(wide.every(({ feature }) => feature.length <= 3)).toBe(true);
  });

  test("missing values go to the side that they resemble", async () => {
    // Missing means trouble in feature 0, and nothing in feature 1.
    const rows = rowsOf(
      2,
      ...Array.from({ length: 300 }, (_, row): [number, number, number] => {
        const isStrange = row % 6 === 0;
        const second = row % 4 === 0 ? Number.NaN : isStrange ? 5 : 1;
        return [isStrange ? Number.NaN : row % 7, second, isStrange ? 1 : 0];
      }),
    );
    const { forest } = await fitRandomForest(rows, { ...params, featuresPerSplit: 2 });
    const nan = Number.NaN;
    const [known, missing, both] = anomalyProbability(forest, Float32Array.of(3, 1, nan, 5, nan, nan), 3);
    expect(known).toBeLessThan(0.1);
    expect(missing).toBeGreaterThan(0.9);
    expect(both).toBeGreaterThan(0.9);
  });

  test("missing values beside low ones, and beside high ones", async () => {
    for (const strange of [0, 9]) {
      const rows = rowsOf(
        1,
        ...Array.from({ length: 200 }, (_, row): [number, number] => {
          const isStrange = row % 4 === 0;
          if (!isStrange) return [1 + (row % 8), 0];
          return [row % 8 === 0 ? Number.NaN : strange, 1];
        }),
      );
      const { forest } = await fitRandomForest(rows, params);
      const [missing, low, middle, high] = anomalyProbability(forest, Float32Array.of(Number.NaN, 0, 4, 9), 4);
      expect(missing).toBeGreaterThan(0.9);
      expect(middle).toBeLessThan(0.1);
      expect(strange === 0 ? low : high).toBeGreaterThan(0.9);
    }
  });
});

describe("out of bag", () => {
  test("a row is scored by the trees that did not see it", async () => {
    const rows = labelledRows(60, 5);
    const grow = growParams(rows, { ...params, trees: 30 });
    const fitted = await fitRandomForest(rows, { ...params, trees: 30 });
    const alone = Array.from({ length: 30 }, (_, tree) => growTrees(binRows(rows), grow, tree, tree + 1));
    for (let row = 0; row < rows.count; row++) {
      const unseen = alone.flatMap(({ voters }, tree) => (voters[row] === 1 ? [fitted.forest.roots[tree]!] : []));
      expect(unseen.length).toBeGreaterThan(2);
      const only = { ...fitted.forest, roots: Int32Array.from(unseen) };
      const p = anomalyProbability(only, rows.values.subarray(row * 8, row * 8 + 8), 1)[0]!;
      expect(fitted.outOfBag[row]).toBeCloseTo(-Math.log((30 * (1 - p) + 0.5) / 31), 12);
    }
  });

  test("rows that every tree saw have no score, and are no reference", async () => {
    const rows = labelledRows(200, 5);
    const fitted = await fitRandomForest(rows, { ...params, trees: 1 });
    const unseen = fitted.outOfBag.filter((score) => !Number.isNaN(score)).length;
    // One row in e is in no sample of as many rows.
    expect(unseen / 200).toBeGreaterThan(0.28);
    expect(unseen / 200).toBeLessThan(0.46);
    expect(referenceScores(fitted, rows.labels).every(Number.isFinite)).toBe(true);
    expect(referenceScores(fitted, rows.labels).length).toBeLessThan(unseen);
  });
});

/** Trees in as many parts as there are workers, given back in the wrong order. */
const inParts =
  (workers: number): GrowTrees =>
  async (rows, grow) => {
    const size = Math.ceil(grow.trees / workers);
    const starts = Array.from({ length: workers }, (_, worker) => worker * size).reverse();
    return starts.map((from) => growTrees(rows, grow, from, Math.min(grow.trees, from + size)));
  };

test("the same rows and seed give the same bytes in any number of parts, another seed others", async () => {
  const rows = labelledRows(500, 1);
  const whole = await fitRandomForest(rows, params);
  for (const workers of [2, 4, 7]) expect(await fitRandomForest(rows, params, inParts(workers))).toEqual(whole);
  const other = await fitRandomForest(rows, { ...params, seed: 2 });
  expect(exportRandomForest(other.forest)).not.toEqual(exportRandomForest(whole.forest));
});

test("the largest nodes and their copies are grown alike: a forest of many rows sorts its own rows well", async () => {
  const rows = labelledRows(40_000, 1);
  const { forest, outOfBag } = await fitRandomForest(rows, {
    ...params,
    trees: 3,
    minLeafRows: 1,
    classWeights: "none",
  });
  const seen = Array.from(outOfBag.keys()).filter((row) => Number.isNaN(outOfBag[row]));
  expect(seen.length).toBeGreaterThan(5000);
  // Rows that all trees saw lie in pure leaves, but where equal bins hide a difference.
  const right = seen.filter((row) => {
    const votes = [...forest.roots].map((root) => forest.value[leafOf(forest, root, rows.values, row * 8)]!);
    return votes.every((vote) => vote === rows.labels[row]);
  });
  expect(right.length / seen.length).toBeGreaterThan(0.99);
});

test("shares of the impurity: the features that decide have most of it", async () => {
  const { impurityImportance } = await byDefault;
  expect(impurityImportance.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
  expect(Math.min(...impurityImportance.subarray(0, 4))).toBeGreaterThan(Math.max(...impurityImportance.subarray(4)));
});

describe("rows that are odd", () => {
  const nan = Number.NaN;
  const odd: [string, LabelledRows][] = [
    ["constant columns", rowsOf(2, [1, 2, 0], [1, 2, 1], [1, 2, 0], [1, 2, 1])],
    ["columns without any value", rowsOf(2, [nan, 1, 0], [nan, 2, 1], [nan, 3, 0], [nan, 4, 1])],
    ["nothing but missing values", rowsOf(1, [nan, 0], [nan, 1])],
    ["huge and tiny values", rowsOf(1, [3.4e38, 1], [-3.4e38, 0], [1e-45, 0], [0, 0], [-0, 1])],
    ["the same row many times, with both labels", rowsOf(1, [1, 0], [1, 0], [1, 1], [1, 1], [1, 1])],
    ["two rows", rowsOf(1, [1, 0], [2, 1])],
  ];
  test.each(odd)("%s: a defined score for everything", async (_, rows) => {
    const { forest } = await fitRandomForest(rows, { ...params, minLeafRows: 1, trees: 15 });
    const inputs = Float32Array.of(...rows.values, ...[nan, 0, -0, 1e38, Infinity, -Infinity].flatMap((x) => [x, x]));
    const scores = scoreRandomForest(forest, inputs, Math.floor(inputs.length / rows.columns));
    expect(scores.every(Number.isFinite)).toBe(true);
  });

  test.each([
    [rowsOf(1, [1, 0], [2, 0]), "0 anomalous and 2 normal"],
    [rowsOf(1, [1, 1]), "1 anomalous and 0 normal"],
    [rowsOf(2, [1, 2, 0], [1, Infinity, 1]), "training value Infinity at row 1, column 1"],
    [{ ...rowsOf(1, [1, 0], [2, 1]), count: 2 ** 24 + 1 }, "at most 16777216 rows"],
  ])("what no forest can be made of is refused: %#", async (rows, message) => {
    await expect(fitRandomForest(rows, params)).rejects.toMatchObject({
      code: "VALIDATION",
      message: expect.stringContaining(message),
    });
  });

  test("more features per split than there are", async () => {
    const rows = rowsOf(1, [1, 0], [2, 1]);
    const fitting = fitRandomForest(rows, { ...params, featuresPerSplit: 2 });
    await expect(fitting).rejects.toMatchObject({ code: "VALIDATION", message: /featuresPerSplit is 2/ });
  });
});

test("votes are summed without any rounding, in float32 too", async () => {
  const { forest } = await fitRandomForest(labelledRows(300, 1), { ...params, trees: 150 });
  fc.assert(
    fc.property(fc.array(fc.nat(forest.value.length - 1), { maxLength: 150 }), (leaves) => {
      const exact = leaves.reduce((sum, leaf) => sum + forest.value[leaf]!, 0);
      expect(leaves.reduce((sum, leaf) => Math.fround(sum + forest.value[leaf]!), 0)).toBe(exact);
    }),
  );
});

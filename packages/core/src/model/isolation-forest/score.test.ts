import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { randomOf } from "../random.ts";
import { fitForest } from "./fit.ts";
import { averagePathLength, type Forest } from "./forest.ts";
import { everyNth, referenceStride, scoreForest, scoreOutOfSample } from "./score.ts";

type Tree = { feature: number[]; threshold: number[]; left: number[]; right: number[]; rows: number[] };
type Fixture = {
  sampleSize: number;
  trees: Tree[];
  train: number[];
  test: number[];
  labels: number[];
  rawScores: number[];
  auc100Trees: { mean: number; sd: number; min: number };
};
const fixture: Fixture = JSON.parse(readFileSync(new URL("fixtures/scikit-learn.json", import.meta.url), "utf8"));

/** scikit-learn keeps double thresholds; a float32 row compares with them as with the float32 next below. */
const forestOf = ({ trees, sampleSize }: Fixture): Forest & { threshold: Float64Array } => {
  const starts = trees.map((_, tree) => trees.slice(0, tree).reduce((sum, { feature }) => sum + feature.length, 0));
  const depths = trees.map(({ left, right }) => {
    const depth = new Array<number>(left.length).fill(0);
    left.forEach((child, node) => {
      if (child < 0) return;
      depth[child] = depth[node]! + 1;
      depth[right[node]!] = depth[node]! + 1;
    });
    return depth;
  });
  const all = <T>(of: (tree: Tree, index: number) => T[]) => trees.flatMap(of);
  return {
    columns: 3,
    sampleSize,
    roots: Int32Array.from(starts),
    feature: Int32Array.from(all(({ feature }) => feature)),
    threshold: Float64Array.from(all(({ threshold }) => threshold)) as never,
    left: Int32Array.from(all(({ left }, tree) => left.map((child) => child + starts[tree]!))),
    right: Int32Array.from(all(({ right }, tree) => right.map((child) => child + starts[tree]!))),
    rows: Int32Array.from(all(({ rows }) => rows)),
    pathLength: Float64Array.from(
      all(({ rows }, tree) => rows.map((count, node) => depths[tree]![node]! + averagePathLength(count))),
    ),
  };
};

const areaUnderCurve = (scores: Float64Array, labels: number[]): number => {
  let pairs = 0;
  let wins = 0;
  labels.forEach((strange, a) => {
    labels.forEach((other, b) => {
      if (strange !== 1 || other !== 0) return;
      pairs++;
      wins += scores[a]! > scores[b]! ? 1 : scores[a] === scores[b] ? 0.5 : 0;
    });
  });
  return wins / pairs;
};

test("average path lengths are those of scikit-learn 1.2.1", () => {
  // sklearn.ensemble._iforest._average_path_length([n])
  const known = { 0: 0, 1: 0, 2: 1, 3: 1.207392357589623, 10: 3.748880484475505, 256: 10.244770920119917 };
  for (const [rows, length] of Object.entries(known)) expect(averagePathLength(Number(rows))).toBeCloseTo(length, 14);
});

test("scikit-learn's own trees, scored here, give its scores", () => {
  const scores = scoreForest(forestOf(fixture), Float32Array.from(fixture.test), fixture.labels.length);
  const differences = fixture.rawScores.map((raw, row) => Math.abs(raw - scores[row]!));
  expect(Math.max(...differences)).toBeLessThan(1e-12);
});

test("a forest fitted here finds the strange rows as well as scikit-learn's, within 0.01 of the area", () => {
  const train = { values: Float32Array.from(fixture.train), columns: 3, count: fixture.train.length / 3 };
  const areas = Array.from({ length: 10 }, (_, seed) => {
    const { forest } = fitForest(train, { trees: 100, sampleSize: 256, seed });
    return areaUnderCurve(scoreForest(forest, Float32Array.from(fixture.test), fixture.labels.length), fixture.labels);
  });
  const mean = areas.reduce((sum, area) => sum + area, 0) / areas.length;
  expect(Math.abs(mean - fixture.auc100Trees.mean)).toBeLessThan(0.01);
  // Two means of ten forests differ by √(2/10) standard deviations; three of those are allowed.
  expect(mean).toBeGreaterThan(fixture.auc100Trees.mean - 3 * Math.sqrt(0.2) * fixture.auc100Trees.sd);
});

test("many rows at once score as each does alone, missing and infinite values included", () => {
  const random = randomOf(2);
  const train = Float32Array.from({ length: 3 * 500 }, () => Math.round(random.unit() * 20));
  const { forest } = fitForest({ values: train, columns: 3, count: 500 }, { trees: 10, sampleSize: 64, seed: 1 });
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e30];
  const rows = Float32Array.from({ length: 3 * 601 }, () =>
    random.below(8) === 0 ? odd[random.below(5)]! : random.below(20),
  );
  const alone = Array.from({ length: 601 }, (_, row) => scoreForest(forest, rows.subarray(3 * row), 1)[0]);
  expect([...scoreForest(forest, rows, 601)]).toEqual(alone);
});

test("a forest of bare leaves scores many rows, too", () => {
  const same = { values: new Float32Array(300).fill(2), columns: 1, count: 300 };
  const { forest } = fitForest(same, { trees: 3, sampleSize: 16, seed: 1 });
  expect(scoreForest(forest, same.values, 300).every((score) => score === 0.5)).toBe(true);
});

test("of many rows, every nth is a reference row and scored by the trees that did not see it", () => {
  expect([50_000, 50_001, 200_000].map(referenceStride)).toEqual([1, 2, 4]);
  const random = randomOf(4);
  const rows = { values: Float32Array.from({ length: 100 }, random.unit), columns: 1, count: 100 };
  const fitted = fitForest(rows, { trees: 20, sampleSize: 40, seed: 1 });
  const [all, thirds] = [1, 3].map((stride) => scoreOutOfSample(fitted, everyNth(rows.values, 1, stride), stride));
  expect([...thirds!]).toEqual([...all!].filter((_, row) => row % 3 === 0));
  expect(scoreOutOfSample(fitted, rows.values.subarray(0, 70), 1)).toEqual(all!.subarray(0, 70));
});

test("out of sample, a row is scored by the trees that did not see it", () => {
  // Two trees of two rows over rows 0, 1, 10: the tree that did not see row 10 cannot isolate it.
  const rows = { values: Float32Array.of(0, 1, 10), columns: 1, count: 3 };
  const fitted = fitForest(rows, { trees: 40, sampleSize: 2, seed: 1 });
  const unseen = Array.from({ length: 40 }, (_, tree) => tree).filter(
    (tree) => !fitted.samples.subarray(2 * tree, 2 * tree + 2).includes(2),
  );
  const only = { ...fitted.forest, roots: Int32Array.from(unseen, (tree) => fitted.forest.roots[tree]!) };
  expect(unseen.length).toBeGreaterThan(0);
  expect(scoreOutOfSample(fitted, rows.values, 1)[2]).toBeCloseTo(
    scoreForest(only, rows.values.subarray(2), 1)[0]!,
    14,
  );
});

test("a row that every tree saw is scored by all trees", () => {
  const rows = { values: Float32Array.of(0, 1, 10, 4), columns: 1, count: 4 };
  const fitted = fitForest(rows, { trees: 10, sampleSize: 4, seed: 1 });
  expect(scoreOutOfSample(fitted, rows.values, 1)).toEqual(scoreForest(fitted.forest, rows.values, 4));
});

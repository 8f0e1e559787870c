import { AppError } from "../../errors.ts";
import { previousFloat32, roundDownToFloat32 } from "../float32.ts";
import { randomOf } from "../random.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { areaUnderCurve } from "./area-under-curve.ts";
import { drawBootstrap } from "./entries.ts";
import { type FittedRandomForest, growParams, type RandomForestParams, sharesOf } from "./fit.ts";
import { checkLabelledRows, type LabelledRows } from "./rows.ts";
import { leafOf } from "./score.ts";
import { surprise } from "./votes.ts";

/**
 * Each value of each feature of each node is tried against all rows of the node: twice the rows take four times as
 * long.
 */
const ROWS_MAX = 5000;
/** Random stream of the first tree's seed; trees use the streams from 0 on. */
const SEED_STREAM = -1_000_000;

/** A node as the package writes it; its types leave it out. A leaf has no sides. */
type PackageNode = {
  splitColumn: number;
  splitValue: number;
  /** Decrease of the Gini impurity, per row. */
  gain: number;
  numberSamples: number;
  left?: PackageNode;
  right?: PackageNode;
  /** Of a leaf: shares of the labels, from 0 up to the highest that it holds. */
  distribution: { get(row: number, label: number): number; columns: number };
};
type Grown = { columns: number[]; root: PackageNode };

/**
 * Fits a forest with the npm package ml-random-forest, for small sets and as an independent check, converted to the
 * ensemble that all forests are served from. It draws features once per tree, knows no class weights and no
 * `minLeafRows`, and its trees vote 0 or 1. Each tree is a forest of one on a bootstrap sample drawn here, so that its
 * rows out of bag are known. Throws `VALIDATION` as `fitRandomForest` does, and for missing values and more than 5,000
 * rows.
 */
export const fitMlRandomForest = async (
  rows: LabelledRows,
  params: RandomForestParams,
): Promise<FittedRandomForest> => {
  checkFit(rows);
  const grow = await treeGrower(rows, params);
  const votes = new Float64Array(rows.count);
  const voters = new Float64Array(rows.count);
  const gains = new Float64Array(rows.columns);
  const draws = new Uint8Array(rows.count);
  const nodes = emptyLists();
  for (let number = 0; number < params.trees; number++) {
    drawBootstrap(randomOf(params.seed, number), draws);
    const grown = grow(draws, randomOf(params.seed, SEED_STREAM - number).uint32() >>> 1);
    nodes.roots.push(appendNode(nodes, grown, grown.root, gains));
  }
  const forest = ensembleOf(nodes, rows.columns);
  for (const [number, root] of forest.roots.entries()) {
    drawBootstrap(randomOf(params.seed, number), draws);
    for (let row = 0; row < rows.count; row++) {
      if (draws[row]! > 0) continue;
      votes[row] = votes[row]! + forest.value[leafOf(forest, root, rows.values, row * rows.columns)]!;
      voters[row] = voters[row]! + 1;
    }
  }
  const outOfBag = votes.map((sum, row) => surprise((sum * params.trees) / voters[row]!, params.trees));
  const area = areaUnderCurve(outOfBag, rows.labels);
  return { forest, outOfBag, areaUnderCurve: area, impurityImportance: sharesOf(gains) };
};

const checkFit = (rows: LabelledRows): void => {
  if (rows.count > ROWS_MAX) {
    throw new AppError(
      "VALIDATION",
      `the engine ml-random-forest takes at most ${ROWS_MAX} rows, because its time grows with their square; ` +
        `got ${rows.count}: use the engine histogram, or set maxTrainingRows`,
    );
  }
  checkLabelledRows(rows);
  const missing = rows.values.subarray(0, rows.count * rows.columns).findIndex(Number.isNaN);
  if (missing < 0) return;
  const place = `row ${Math.floor(missing / rows.columns)}, column ${missing % rows.columns}`;
  throw new AppError("VALIDATION", `the engine ml-random-forest takes no missing values, and ${place} is one`);
};

/** Loaded with the first forest that wants it. */
const treeGrower = async ({ values, labels, columns, count }: LabelledRows, params: RandomForestParams) => {
  const { RandomForestClassifier } = await import("ml-random-forest");
  const { featuresPerSplit, maxDepth } = growParams({ values, labels, columns, count }, params);
  const options = {
    nEstimators: 1,
    useSampleBagging: false,
    noOOB: true,
    replacement: false,
    // A share, since 1 is taken for all of them; half a feature more, since the product is rounded down.
    maxFeatures: featuresPerSplit < columns ? (featuresPerSplit + 0.5) / columns : 1,
    // Its default of 0.01 refuses every split of a rare label.
    treeOptions: { gainThreshold: 0, minNumSamples: 2, maxDepth },
  };
  const rowOf = (row: number) => Array.from(values.subarray(row * columns, (row + 1) * columns));
  return (draws: Uint8Array, seed: number): Grown => {
    const sample = Array.from(draws).flatMap((times, row) => new Array<number>(times).fill(row));
    const forest = new RandomForestClassifier({ ...options, seed });
    forest.train(
      sample.map(rowOf),
      sample.map((row) => labels[row]!),
    );
    const [tree] = forest.estimators as unknown as { root: PackageNode }[];
    return { columns: forest.indexes![0]!, root: tree!.root };
  };
};

const emptyLists = () => ({
  roots: [] as number[],
  feature: [] as number[],
  threshold: [] as number[],
  left: [] as number[],
  right: [] as number[],
  value: [] as number[],
});

/** Appends a node and all below it; returns its number. */
const appendNode = (
  lists: ReturnType<typeof emptyLists>,
  grown: Grown,
  from: PackageNode,
  gains: Float64Array,
): number => {
  const { splitColumn, splitValue, left, right, distribution } = from;
  const node = lists.feature.length;
  for (const list of [lists.threshold, lists.left, lists.right, lists.value]) list.push(0);
  lists.feature.push(-1);
  if (!left || !right) {
    // The most frequent label, a tie being normal, as the package predicts.
    const anomalous = distribution.columns > 1 ? distribution.get(0, 1) : 0;
    lists.value[node] = anomalous > distribution.get(0, 0) ? 1 : 0;
    return node;
  }
  const column = grown.columns[splitColumn]!;
  gains[column] = gains[column]! + from.gain * from.numberSamples;
  lists.feature[node] = column;
  // It goes left where the value is below the split: for float32 values, at most the next float32 below.
  const rounded = roundDownToFloat32(splitValue);
  lists.threshold[node] = rounded < splitValue ? rounded : previousFloat32(rounded);
  lists.left[node] = appendNode(lists, grown, left, gains);
  lists.right[node] = appendNode(lists, grown, right, gains);
  return node;
};

const ensembleOf = (lists: ReturnType<typeof emptyLists>, columns: number): TreeEnsemble => ({
  columns,
  roots: Int32Array.from(lists.roots),
  feature: Int32Array.from(lists.feature),
  threshold: Float32Array.from(lists.threshold),
  missingLeft: new Uint8Array(lists.feature.length),
  left: Int32Array.from(lists.left),
  right: Int32Array.from(lists.right),
  value: Float32Array.from(lists.value),
});

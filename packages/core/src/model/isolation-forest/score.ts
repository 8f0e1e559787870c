import type { FittedForest } from "./fit.ts";
import { averagePathLength, type Forest, leansLeft } from "./forest.ts";

/** Rows that pass through one tree before the next: they and the tree stay in the processor's cache. */
const BLOCK_ROWS = 256;

/** 2^(−E / c(n)): near 1 for rows that are isolated at once, 0.5 for rows on an average path (Liu et al., equation 2). */
const rawScore = (meanPathLength: number, sampleSize: number): number =>
  2 ** (-meanPathLength / averagePathLength(sampleSize));

/** Raw score of each row by all trees, in doubles. `rows` is row-major, `rowCount` × `forest.columns`. */
export const scoreForest = (forest: Forest, rows: Float32Array, rowCount: number): Float64Array => {
  const sums = new Float64Array(rowCount);
  for (let start = 0; start < rowCount; start += BLOCK_ROWS) {
    const end = Math.min(rowCount, start + BLOCK_ROWS);
    for (const root of forest.roots) {
      for (let row = start; row < end; row++) {
        sums[row] = sums[row]! + pathLength(forest, root, rows, row * forest.columns);
      }
    }
  }
  return sums.map((sum) => rawScore(sum / forest.roots.length, forest.sampleSize));
};

/** Enough for quantiles down to 1 in 5,000 with ten rows beyond; more would cost more than the fit itself. */
const REFERENCE_ROWS_MAX = 50_000;

/** Every so manieth training row is a reference row. */
export const referenceStride = (trainingRows: number): number => Math.ceil(trainingRows / REFERENCE_ROWS_MAX);

/**
 * Raw scores of the reference rows, each by those trees only that did not see it: what the row would have scored as a new one.
 * A row that every tree saw is scored by all of them. Of more than 50,000 training rows, every second, third … is one.
 */
export const scoreOutOfSample = ({ forest, samples }: FittedForest, rows: Float32Array): Float64Array => {
  const trainingRows = rows.length / forest.columns;
  const stride = referenceStride(trainingRows);
  const rowCount = Math.ceil(trainingRows / stride);
  const treeCount = forest.roots.length;
  const sums = new Float64Array(rowCount);
  const treesOf = new Int32Array(rowCount);
  const seenBy = new Int32Array(trainingRows).fill(-1);
  for (let tree = 0; tree < treeCount; tree++) {
    const root = forest.roots[tree]!;
    const first = tree * forest.sampleSize;
    for (let index = first; index < first + forest.sampleSize; index++) seenBy[samples[index]!] = tree;
    for (let row = 0; row < rowCount; row++) {
      if (seenBy[row * stride] === tree) continue;
      sums[row] = sums[row]! + pathLength(forest, root, rows, row * stride * forest.columns);
      treesOf[row] = treesOf[row]! + 1;
    }
  }
  return sums.map((sum, row) => {
    const trees = treesOf[row]!;
    if (trees > 0) return rawScore(sum / trees, forest.sampleSize);
    return scoreForest(forest, rows.subarray(row * stride * forest.columns), 1)[0]!;
  });
};

const pathLength = (forest: Forest, root: number, rows: Float32Array, base: number): number => {
  const { feature, threshold, left, right } = forest;
  let node = root;
  let column = feature[node]!;
  while (column >= 0) {
    const value = rows[base + column]!;
    const isLeft = value <= threshold[node]! || (Number.isNaN(value) && leansLeft(forest, node));
    node = isLeft ? left[node]! : right[node]!;
    column = feature[node]!;
  }
  return forest.pathLength[node]!;
};

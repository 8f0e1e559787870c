import type { FittedForest } from "./fit.ts";
import { averagePathLength, type Forest, leansLeft } from "./forest.ts";
import { perfectForest, perfectPathSums } from "./perfect.ts";

/** Fewer rows than this are not worth the filled-up form of the trees. */
const PERFECT_ROWS_MIN = 128;

/** 2^(−E / c(n)): near 1 for rows that are isolated at once, 0.5 for rows on an average path (Liu et al., equation 2). */
const rawScore = (meanPathLength: number, sampleSize: number): number =>
  2 ** (-meanPathLength / averagePathLength(sampleSize));

/** Raw score of each row by all trees, in doubles. `rows` is row-major, `rowCount` × `forest.columns`. */
export const scoreForest = (forest: Forest, rows: Float32Array, rowCount: number): Float64Array =>
  pathSums(forest, rows, rowCount).map((sum) => rawScore(sum / forest.roots.length, forest.sampleSize));

const pathSums = (forest: Forest, rows: Float32Array, rowCount: number): Float64Array => {
  if (rowCount < PERFECT_ROWS_MIN) {
    return Float64Array.from({ length: rowCount }, (_, row) => pathSum(forest, rows, row));
  }
  const sums = perfectPathSums(perfectForest(forest), rows, rowCount);
  for (let at = 0; at < rowCount * forest.columns; at++) {
    if (!Number.isNaN(rows[at])) continue;
    const row = Math.floor(at / forest.columns);
    sums[row] = pathSum(forest, rows, row);
    at = (row + 1) * forest.columns - 1;
  }
  return sums;
};

/** Enough for quantiles down to 1 in 5,000 with ten rows beyond; more would cost more than the fit itself. */
const REFERENCE_ROWS_MAX = 50_000;

/** Every so manieth training row is a reference row. */
export const referenceStride = (trainingRows: number): number => Math.ceil(trainingRows / REFERENCE_ROWS_MAX);

export const everyNth = (rows: Float32Array, columns: number, stride: number): Float32Array => {
  if (stride === 1) return rows;
  const chosen = new Float32Array(Math.ceil(rows.length / columns / stride) * columns);
  for (let to = 0; to < chosen.length; to += columns) chosen.set(rows.subarray(to * stride, to * stride + columns), to);
  return chosen;
};

/**
 * Raw scores of training rows, each by those trees only that did not see it: what the row would have scored as a new one. A
 * row that every tree saw is scored by all of them.
 * @param rows every `stride`th of the first rows that the forest was fitted to
 */
export const scoreOutOfSample = (
  { forest, samples }: FittedForest,
  rows: Float32Array,
  stride: number,
): Float64Array => {
  const { columns, sampleSize, roots } = forest;
  const all = pathSums(forest, rows, rows.length / columns);
  const seen = new Float64Array(all.length);
  const treesThatSaw = new Int32Array(all.length);
  for (let index = 0; index < samples.length; index++) {
    const row = samples[index]! / stride;
    if (!Number.isInteger(row) || row >= all.length) continue;
    seen[row] = seen[row]! + pathLength(forest, roots[Math.floor(index / sampleSize)]!, rows, row * columns);
    treesThatSaw[row] = treesThatSaw[row]! + 1;
  }
  return all.map((sum, row) => {
    const trees = roots.length - treesThatSaw[row]!;
    return trees > 0 ? rawScore((sum - seen[row]!) / trees, sampleSize) : rawScore(sum / roots.length, sampleSize);
  });
};

const pathSum = (forest: Forest, rows: Float32Array, row: number): number => {
  let sum = 0;
  for (const root of forest.roots) sum += pathLength(forest, root, rows, row * forest.columns);
  return sum;
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

import { previousFloat32, roundDownToFloat32 } from "../float32.ts";
import type { Random } from "../random.ts";
import { averagePathLength, type Forest } from "./forest.ts";

/** Training rows, row-major. */
export type Rows = { values: Float32Array; columns: number; count: number };

/** Arrays that nodes are appended to, grown by doubling. */
export type Nodes = Omit<Forest, "columns" | "sampleSize" | "roots"> & { count: number };

export const emptyNodes = (capacity: number): Nodes => ({
  count: 0,
  feature: new Int32Array(capacity),
  threshold: new Float32Array(capacity),
  left: new Int32Array(capacity),
  right: new Int32Array(capacity),
  rows: new Int32Array(capacity),
  pathLength: new Float64Array(capacity),
});

/** Appends a leaf; `setSplit` makes it an inner node. Returns its number. */
export const addLeaf = (nodes: Nodes, pathLength: number, rows: number): number => {
  const node = nodes.count++;
  nodes.feature[node] = -1;
  nodes.pathLength[node] = pathLength;
  nodes.rows[node] = rows;
  return node;
};

const setSplit = (nodes: Nodes, node: number, feature: number, threshold: number, left: number, right: number) => {
  nodes.feature[node] = feature;
  nodes.threshold[node] = threshold;
  nodes.left[node] = left;
  nodes.right[node] = right;
  nodes.pathLength[node] = 0;
};

/** What growing needs again for each tree: made once, for trees of `sampleSize` rows. */
export type Workshop = {
  /** Room for the rows that go right. */
  right: Int32Array;
  /** Some permutation of the features, whatever earlier draws have left. */
  features: Int32Array;
  /** averagePathLength(n) for all n up to `sampleSize`. */
  pathLengths: Float64Array;
};

export const workshopFor = (columns: number, sampleSize: number): Workshop => ({
  right: new Int32Array(sampleSize),
  features: new Int32Array(columns),
  pathLengths: Float64Array.from({ length: sampleSize + 1 }, (_, rows) => averagePathLength(rows)),
});

/**
 * Grows one tree over the rows that `sample` names, which it reorders. `root` is a leaf already appended. A node takes a random
 * feature that varies within it and a uniformly random threshold between its extremes, until two rows, equal rows or the
 * depth limit ⌈log2 size⌉ is left (Liu, Ting, Zhou 2008, algorithm 2). Two rows are not split, as the paper would: both
 * sides would be one step down, which is what c(2) = 1 adds already, so the scores are the same with a sixth fewer nodes.
 */
export const growTree = (
  rows: Rows,
  sample: Int32Array,
  random: Random,
  nodes: Nodes,
  root: number,
  workshop: Workshop,
): void => {
  const { features, pathLengths } = workshop;
  for (let feature = 0; feature < features.length; feature++) features[feature] = feature;
  const depthLimit = Math.ceil(Math.log2(Math.max(sample.length, 2)));
  const pending = [{ node: root, start: 0, end: sample.length, depth: 0 }];
  for (let task = pending.pop(); task !== undefined; task = pending.pop()) {
    const { node, start, end, depth } = task;
    nodes.pathLength[node] = depth + pathLengths[end - start]!;
    if (end - start <= 2 || depth >= depthLimit) continue;
    const split = drawSplit(rows, sample, start, end, features, random);
    if (split === undefined) continue;
    const middle = partition(rows, sample, start, end, split.feature, split.threshold, workshop.right);
    const left = addLeaf(nodes, 0, middle - start);
    const right = addLeaf(nodes, 0, end - middle);
    setSplit(nodes, node, split.feature, split.threshold, left, right);
    pending.push({ node: right, start: middle, end, depth: depth + 1 });
    pending.push({ node: left, start, end: middle, depth: depth + 1 });
  }
};

/** Draws features without replacement until one varies; `undefined` when all rows are equal. */
const drawSplit = (
  { values, columns }: Rows,
  sample: Int32Array,
  start: number,
  end: number,
  features: Int32Array,
  random: Random,
): { feature: number; threshold: number } | undefined => {
  for (let left = columns; left > 0; left--) {
    const drawn = random.below(left);
    const feature = features[drawn]!;
    features[drawn] = features[left - 1]!;
    features[left - 1] = feature;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let index = start; index < end; index++) {
      const value = values[sample[index]! * columns + feature]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (!(high > low)) continue;
    // low ≤ threshold < high, so both sides keep at least one row.
    const threshold = roundDownToFloat32(low + random.unit() * (high - low));
    return { feature, threshold: Math.min(threshold, previousFloat32(high)) };
  }
  return undefined;
};

/**
 * Moves the rows that go left to the front; returns where the right ones begin. Each row is written to both sides and counted
 * on one: which one is a matter of chance, and a jump that the processor cannot guess would cost more.
 */
const partition = (
  { values, columns }: Rows,
  sample: Int32Array,
  start: number,
  end: number,
  feature: number,
  threshold: number,
  right: Int32Array,
): number => {
  let front = start;
  let rightCount = 0;
  for (let index = start; index < end; index++) {
    const row = sample[index]!;
    const isRight = Number(values[row * columns + feature]! > threshold);
    sample[front] = row;
    right[rightCount] = row;
    front += 1 - isRight;
    rightCount += isRight;
  }
  for (let index = 0; index < rightCount; index++) sample[front + index] = right[index]!;
  return front;
};

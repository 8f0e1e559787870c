import type { Random } from "../random.ts";
import { previousFloat32, roundDownToFloat32 } from "../trees/float32.ts";
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

/**
 * Grows one tree over the rows `sample[0 … size)`, which it reorders. `root` is a leaf already appended. A node takes a
 * random feature that varies within it and a uniformly random threshold between its extremes, until one row, equal rows or
 * the depth limit ⌈log2 size⌉ is left (Liu, Ting, Zhou 2008, algorithm 2).
 */
export const growTree = (rows: Rows, sample: Int32Array, random: Random, nodes: Nodes, root: number): void => {
  const depthLimit = Math.ceil(Math.log2(Math.max(sample.length, 2)));
  const features = new Int32Array(rows.columns);
  const pending = [{ node: root, start: 0, end: sample.length, depth: 0 }];
  for (let task = pending.pop(); task !== undefined; task = pending.pop()) {
    const { node, start, end, depth } = task;
    nodes.pathLength[node] = depth + averagePathLength(end - start);
    if (end - start <= 1 || depth >= depthLimit) continue;
    const split = drawSplit(rows, sample, start, end, features, random);
    if (split === undefined) continue;
    const middle = partition(rows, sample, start, end, split.feature, split.threshold);
    const left = addLeaf(nodes, 0, middle - start);
    const right = addLeaf(nodes, 0, end - middle);
    setSplit(nodes, node, split.feature, split.threshold, left, right);
    pending.push({ node: right, start: middle, end, depth: depth + 1 });
    pending.push({ node: left, start, end: middle, depth: depth + 1 });
  }
};

/** Draws features without replacement until one varies; `undefined` when all rows are equal. */
const drawSplit = (
  rows: Rows,
  sample: Int32Array,
  start: number,
  end: number,
  features: Int32Array,
  random: Random,
): { feature: number; threshold: number } | undefined => {
  for (let index = 0; index < features.length; index++) features[index] = index;
  for (let left = features.length; left > 0; left--) {
    const drawn = random.below(left);
    const feature = features[drawn]!;
    features[drawn] = features[left - 1]!;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let index = start; index < end; index++) {
      const value = rows.values[sample[index]! * rows.columns + feature]!;
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

/** Moves the rows that go left to the front; returns where the right ones begin. */
const partition = (
  rows: Rows,
  sample: Int32Array,
  start: number,
  end: number,
  feature: number,
  threshold: number,
): number => {
  let front = start;
  let back = end - 1;
  while (front <= back) {
    const row = sample[front]!;
    if (rows.values[row * rows.columns + feature]! <= threshold) {
      front++;
    } else {
      sample[front] = sample[back]!;
      sample[back--] = row;
    }
  }
  return front;
};

import type { TreeEnsemble } from "../trees/ensemble.ts";
import { surprise } from "./votes.ts";

/** Rows that pass through one tree before the next: they and the tree stay in the processor's cache. */
const BLOCK_ROWS = 256;

/** Raw score of each row, −ln P(normal). `rows` is row-major float32, `rowCount` × `forest.columns`. */
export const scoreRandomForest = (forest: TreeEnsemble, rows: Float32Array, rowCount: number): Float64Array =>
  sumVotes(forest, rows, rowCount).map((votes) => surprise(votes, forest.roots.length));

/**
 * P(anomalous) of each row, the mean over the trees; by `balanced` class weights as if both labels were equally
 * frequent.
 */
export const anomalyProbability = (forest: TreeEnsemble, rows: Float32Array, rowCount: number): Float64Array =>
  sumVotes(forest, rows, rowCount).map((votes) => votes / forest.roots.length);

const sumVotes = (forest: TreeEnsemble, rows: Float32Array, rowCount: number): Float64Array => {
  const votes = new Float64Array(rowCount);
  for (let start = 0; start < rowCount; start += BLOCK_ROWS) {
    const end = Math.min(rowCount, start + BLOCK_ROWS);
    for (const root of forest.roots) {
      for (let row = start; row < end; row++) {
        votes[row] = votes[row]! + forest.value[leafOf(forest, root, rows, row * forest.columns)]!;
      }
    }
  }
  return votes;
};

/** The leaf of one tree that the row from `base` on ends in. */
export const leafOf = (forest: TreeEnsemble, root: number, rows: Float32Array, base: number): number => {
  let node = root;
  for (let column = forest.feature[node]!; column >= 0; column = forest.feature[node]!) {
    node = childOf(forest, node, rows[base + column]!);
  }
  return node;
};

export const childOf = ({ threshold, missingLeft, left, right }: TreeEnsemble, node: number, value: number): number => {
  const isLeft = value <= threshold[node]! || (missingLeft[node] === 1 && Number.isNaN(value));
  return isLeft ? left[node]! : right[node]!;
};

import type { TreeEnsemble } from "../trees/ensemble.ts";
import type { BinnedRows } from "./bins.ts";
import type { GrownTrees } from "./grow.ts";

/** The grown parts as one ensemble, in the order of the trees, with thresholds for bins. */
export const assembleForest = ({ columns, edges }: BinnedRows, parts: readonly GrownTrees[]): TreeEnsemble => {
  const trees = [...parts].sort((a, b) => a.from - b.from).flatMap((part) => part.trees);
  const size = trees.reduce((sum, { feature }) => sum + feature.length, 0);
  const forest: TreeEnsemble = {
    columns,
    roots: new Int32Array(trees.length),
    feature: new Int32Array(size),
    threshold: new Float32Array(size),
    missingLeft: new Uint8Array(size),
    left: new Int32Array(size),
    right: new Int32Array(size),
    value: new Float32Array(size),
  };
  let first = 0;
  for (const [number, tree] of trees.entries()) {
    forest.roots[number] = first;
    forest.feature.set(tree.feature, first);
    forest.missingLeft.set(tree.missingLeft, first);
    forest.value.set(tree.value, first);
    for (let node = 0; node < tree.feature.length; node++) {
      const column = tree.feature[node]!;
      if (column < 0) continue;
      // A split of known values from missing ones has a bin beyond the last: the highest edge is above every value.
      const columnEdges = edges[column]!;
      forest.threshold[first + node] = columnEdges[Math.min(tree.bin[node]!, columnEdges.length - 1)]!;
      forest.left[first + node] = tree.left[node]! + first;
      forest.right[first + node] = tree.right[node]! + first;
    }
    first += tree.feature.length;
  }
  return forest;
};

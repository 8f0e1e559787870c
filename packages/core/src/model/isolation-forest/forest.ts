/**
 * Trees as parallel arrays, one entry per node. A row goes left where `row[feature] <= threshold`, else right; a missing
 * value, NaN, goes where more training rows went. `feature` −1 marks a leaf.
 */
export type Forest = {
  columns: number;
  /** Rows per tree. */
  sampleSize: number;
  /** First node of each tree; the nodes of a tree stand together. */
  roots: Int32Array;
  feature: Int32Array;
  threshold: Float32Array;
  left: Int32Array;
  right: Int32Array;
  /** Training rows of the tree that reached the node. */
  rows: Int32Array;
  /** Of a leaf: its depth plus what isolating the training rows in it would take on average. */
  pathLength: Float64Array;
};

/** Whether most training rows, and a missing value, go left at an inner node. */
export const leansLeft = ({ rows, left, right }: Forest, node: number): boolean =>
  rows[left[node]!]! >= rows[right[node]!]!;

/** Euler–Mascheroni constant: harmonic numbers are ln n + γ. */
const EULER_GAMMA = 0.5772156649015329;

/**
 * c(n): mean path length of an unsuccessful search in a binary search tree of n rows, by which paths are normalised (Liu,
 * Ting, Zhou 2008, equation 1, with scikit-learn's exact values for n ≤ 2).
 */
export const averagePathLength = (rows: number): number => {
  if (rows <= 1) return 0;
  if (rows === 2) return 1;
  return 2 * (Math.log(rows - 1) + EULER_GAMMA) - (2 * (rows - 1)) / rows;
};

/**
 * Trees as parallel arrays, one entry per node. A row goes left where `row[feature] <= threshold`, else right; a
 * missing value, NaN, goes left where `missingLeft` is 1. `feature` −1 marks a leaf, whose `value` is what the tree
 * says.
 */
export type TreeEnsemble = {
  columns: number;
  /** First node of each tree. */
  roots: Int32Array;
  feature: Int32Array;
  threshold: Float32Array;
  missingLeft: Uint8Array;
  left: Int32Array;
  right: Int32Array;
  value: Float32Array;
};

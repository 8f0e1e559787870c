import { type BinnedRows, MISSING_BIN } from "./bins.ts";
import type { GrownTree } from "./nodes.ts";

/** Adds what a tree says about the rows that were not drawn for it. */
export const addVotes = (
  { byRow, columns, count }: BinnedRows,
  { feature, bin, missingLeft, left, right, value }: GrownTree,
  draws: Uint8Array,
  votes: Float32Array,
  voters: Uint16Array,
): void => {
  for (let row = 0; row < count; row++) {
    if (draws[row]! > 0) continue;
    const base = row * columns;
    let node = 0;
    let column = feature[0]!;
    while (column >= 0) {
      const rowBin = byRow[base + column]!;
      const isLeft = rowBin === MISSING_BIN ? missingLeft[node] === 1 : rowBin <= bin[node]!;
      node = isLeft ? left[node]! : right[node]!;
      column = feature[node]!;
    }
    votes[row] = votes[row]! + value[node]!;
    voters[row] = voters[row]! + 1;
  }
};

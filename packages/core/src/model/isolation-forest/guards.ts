import type { Random } from "../random.ts";
import { addLeaf, type Nodes, previousFloat32, type Rows, roundDownToFloat32, setSplit } from "./grow.ts";

/**
 * A column that never varied gives a tree nothing to split on, so a plain isolation forest is blind to its first change:
 * an error count that was always 0, say. A guard is a node above the tree's root that sends rows off the constant straight
 * to a leaf; rows on the constant pass it, and their path does not count it, so their scores are those of the plain forest.
 */
export type Constant = { column: number; value: number };

/** How far off a constant a guard may stand, in scaled units: a random part of the constant's own magnitude. */
const GUARD_DISTANCE = 1;

export const constantColumns = (rows: Rows): Constant[] => {
  const constants: Constant[] = [];
  for (let column = 0; column < rows.columns; column++) {
    const value = rows.values[column]!;
    let row = 1;
    while (row < rows.count && rows.values[row * rows.columns + column] === value) row++;
    if (row === rows.count) constants.push({ column, value });
  }
  return constants;
};

/**
 * Puts guards on both sides of each constant and returns the node below them, where the tree is to grow. The depth at which
 * a guard isolates is drawn as if the column took part in the tree: each level picks it with probability 1 / columns. A
 * guard that would lie below `depthLimit` is left out.
 */
export const growGuards = (
  constants: readonly Constant[],
  columns: number,
  depthLimit: number,
  random: Random,
  nodes: Nodes,
  root: number,
): number => {
  let node = root;
  for (const { column, value } of constants) {
    for (const side of ["below", "above"] as const) {
      const depth = drawDepth(columns, random);
      const distance = random.unit() * GUARD_DISTANCE;
      if (depth > depthLimit) continue;
      const isolated = addLeaf(nodes, depth, 0);
      const onward = addLeaf(nodes, 0, nodes.rows[root]!);
      if (side === "above") setSplit(nodes, node, column, roundDownToFloat32(value + distance), onward, isolated);
      else
        setSplit(
          nodes,
          node,
          column,
          Math.min(roundDownToFloat32(value - distance), previousFloat32(value)),
          isolated,
          onward,
        );
      node = onward;
    }
  }
  return node;
};

/** 1 + the number of levels that pick another column first: a geometric draw by inversion. */
const drawDepth = (columns: number, random: Random): number => {
  if (columns === 1) return 1;
  return 1 + Math.floor(Math.log(1 - random.unit()) / Math.log(1 - 1 / columns));
};

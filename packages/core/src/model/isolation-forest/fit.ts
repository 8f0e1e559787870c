import { AppError } from "../../errors.ts";
import { type Random, randomOf } from "../random.ts";
import type { Forest } from "./forest.ts";
import { addLeaf, emptyNodes, growTree, type Nodes, type Rows } from "./grow.ts";

export type ForestParams = { trees: number; sampleSize: number; seed: number };
/** `samples`: the training rows that each tree saw, row-major trees × `forest.sampleSize`. */
export type FittedForest = { forest: Forest; samples: Int32Array };

/**
 * Fits an isolation forest (Liu, Ting, Zhou 2008) on finite float32 rows. Each tree draws its rows without replacement
 * from its own random stream, so the same rows and seed give the same bytes. Fewer rows than `sampleSize` are all used.
 * Throws `VALIDATION` on fewer than 2 rows and on values that are not finite.
 */
export const fitForest = (rows: Rows, params: ForestParams): FittedForest => {
  checkRows(rows);
  const sampleSize = Math.min(params.sampleSize, rows.count);
  // A tree of n rows has at most 2n − 1 nodes.
  const nodes = emptyNodes(params.trees * 2 * sampleSize);
  const roots = new Int32Array(params.trees);
  const samples = new Int32Array(params.trees * sampleSize);
  for (let tree = 0; tree < params.trees; tree++) {
    const random = randomOf(params.seed, tree);
    const sample = samples.subarray(tree * sampleSize, (tree + 1) * sampleSize);
    drawSample(rows.count, sample, random);
    roots[tree] = addLeaf(nodes, 0, sampleSize);
    growTree(rows, sample, random, nodes, roots[tree]!);
  }
  return { forest: { columns: rows.columns, sampleSize, roots, ...trimmed(nodes) }, samples };
};

const checkRows = ({ values, columns, count }: Rows): void => {
  if (count < 2) throw new AppError("VALIDATION", `an isolation forest needs at least 2 rows, got ${count}`);
  for (let index = 0; index < count * columns; index++) {
    if (Number.isFinite(values[index])) continue;
    const place = `row ${Math.floor(index / columns)}, column ${index % columns}`;
    throw new AppError("VALIDATION", `training value ${values[index]} at ${place} is not a finite number`);
  }
};

/** Floyd's algorithm (Bentley, Floyd 1987): `out.length` distinct numbers below `count`, each subset equally likely. */
const drawSample = (count: number, out: Int32Array, random: Random): void => {
  const drawn = new Set<number>();
  for (let next = count - out.length; next < count; next++) {
    const candidate = random.below(next + 1);
    const row = drawn.has(candidate) ? next : candidate;
    out[drawn.size] = row;
    drawn.add(row);
  }
};

const trimmed = ({ count, ...arrays }: Nodes): Omit<Nodes, "count"> => ({
  feature: arrays.feature.slice(0, count),
  threshold: arrays.threshold.slice(0, count),
  left: arrays.left.slice(0, count),
  right: arrays.right.slice(0, count),
  rows: arrays.rows.slice(0, count),
  pathLength: arrays.pathLength.slice(0, count),
});

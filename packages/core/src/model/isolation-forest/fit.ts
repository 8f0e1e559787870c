import { AppError } from "../../errors.ts";
import { type Random, randomOf } from "../random.ts";
import type { Forest } from "./forest.ts";
import { addLeaf, emptyNodes, growTree, type Nodes, type Rows, workshopFor } from "./grow.ts";

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
  const drawnBy = new Int32Array(rows.count).fill(-1);
  const workshop = workshopFor(rows.columns, sampleSize);
  for (let tree = 0; tree < params.trees; tree++) {
    const random = randomOf(params.seed, tree);
    const sample = samples.subarray(tree * sampleSize, (tree + 1) * sampleSize);
    drawSample(sample, random, tree, drawnBy);
    roots[tree] = addLeaf(nodes, 0, sampleSize);
    growTree(rows, sample, random, nodes, roots[tree]!, workshop);
  }
  return { forest: { columns: rows.columns, sampleSize, roots, ...trimmed(nodes) }, samples };
};

const checkRows = ({ values, columns, count }: Rows): void => {
  if (count < 2) throw new AppError("VALIDATION", `an isolation forest needs at least 2 rows, got ${count}`);
  const index = firstNotFinite(values, count * columns);
  if (index < 0) return;
  const place = `row ${Math.floor(index / columns)}, column ${index % columns}`;
  throw new AppError("VALIDATION", `training value ${values[index]} at ${place} is not a finite number`);
};

/** A loop of its own: as large as the rows, it is most of the fit when there is more in it. */
const firstNotFinite = (values: Float32Array, length: number): number => {
  for (let index = 0; index < length; index++) if (!Number.isFinite(values[index])) return index;
  return -1;
};

/**
 * Floyd's algorithm (Bentley, Floyd 1987): distinct numbers below `drawnBy.length`, each subset equally likely.
 * `drawnBy` notes the last tree that drew each, so that it need not be cleared.
 */
const drawSample = (out: Int32Array, random: Random, tree: number, drawnBy: Int32Array): void => {
  const first = drawnBy.length - out.length;
  for (let index = 0; index < out.length; index++) {
    const candidate = random.below(first + index + 1);
    const row = drawnBy[candidate] === tree ? first + index : candidate;
    out[index] = row;
    drawnBy[row] = tree;
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

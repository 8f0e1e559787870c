import { type Random, randomOf } from "../random.ts";
import type { BinnedRows } from "./bins.ts";
import { copyRows, countFeature, drawBootstrap, fillEntries, partition, type Sample } from "./entries.ts";
import { clearHistogram, emptyHistogram, type Histogram } from "./histogram.ts";
import { addLeaf, emptyNodes, type GrownTree, type Nodes, treeOf } from "./nodes.ts";
import { addVotes } from "./out-of-bag.ts";
import { impurityOf, noSplit, type Split, type SplitRules, tryFeature } from "./split.ts";
import { roundedVote } from "./votes.ts";

export type GrowParams = SplitRules & { trees: number; featuresPerSplit: number; maxDepth: number; seed: number };

/** Trees `from` to `from + trees.length`, and what they say about the rows that they did not see. */
export type GrownTrees = {
  from: number;
  trees: GrownTree[];
  /** Sum over those trees of P(anomalous), and how many trees that are, per row. */
  votes: Float32Array;
  voters: Uint16Array;
};

/** Grows all trees, here or in several threads, and gives them in parts, in any order. */
export type GrowTrees = (rows: BinnedRows, params: GrowParams) => Promise<GrownTrees[]>;

export const growHere: GrowTrees = async (rows, params) => [growTrees(rows, params, 0, params.trees)];

/**
 * A node with so many rows or fewer gets copies of them, which stay in the processor's cache while its subtree grows.
 */
const COPIED_ROWS = 16_384;
/** Values that are copied at most. */
const COPIED_VALUES = 2 ** 19;

/** What growing needs, made once for many trees. */
type Workshop = {
  rows: BinnedRows;
  params: GrowParams;
  sample: Sample;
  copies: Sample;
  scratch: Int32Array;
  histogram: Histogram;
  nodes: Nodes;
  /** All features; the first ones are those that a split has not tried yet. */
  features: Int32Array;
};

type Task = { node: number; start: number; end: number; depth: number; normal: number; anomalous: number };

/**
 * Grows the trees `from` to `to` of a forest (Breiman 2001) on binned rows: each on a bootstrap sample, each split the
 * best of a few features that are drawn for it. A tree has its own random stream, so it is the same whoever grows it.
 */
export const growTrees = (rows: BinnedRows, params: GrowParams, from: number, to: number): GrownTrees => {
  const { count, columns } = rows;
  const copied = Math.min(COPIED_ROWS, count, Math.floor(COPIED_VALUES / columns));
  const workshop: Workshop = {
    rows,
    params,
    sample: { bins: rows.byColumn, stride: count, entries: new Int32Array(count) },
    copies: { bins: new Uint8Array(copied * columns), stride: copied, entries: new Int32Array(copied) },
    scratch: new Int32Array(count),
    histogram: emptyHistogram(),
    nodes: emptyNodes(),
    features: new Int32Array(columns),
  };
  const grown = { from, trees: [] as GrownTree[], votes: new Float32Array(count), voters: new Uint16Array(count) };
  const draws = new Uint8Array(count);
  for (let number = from; number < to; number++) {
    const tree = growTree(workshop, draws, randomOf(params.seed, number));
    addVotes(rows, tree, draws, grown.votes, grown.voters);
    grown.trees.push(tree);
  }
  return grown;
};

const growTree = (workshop: Workshop, draws: Uint8Array, random: Random): GrownTree => {
  const { rows, sample, nodes, features } = workshop;
  drawBootstrap(random, draws);
  const { end, normal, anomalous } = fillEntries(rows, draws, sample.entries);
  // What the last tree left behind must not decide what this one draws.
  for (let feature = 0; feature < features.length; feature++) features[feature] = feature;
  nodes.count = 0;
  const gains = new Float64Array(rows.columns);
  const root = { node: addLeaf(nodes, 0), start: 0, end, depth: 0, normal, anomalous };
  growNode(workshop, sample, root, random, gains);
  return treeOf(nodes, gains);
};

/** Grows the subtree of a node, left side first. */
const growNode = (workshop: Workshop, view: Sample, root: Task, random: Random, gains: Float64Array): void => {
  const { rows, params, nodes, copies } = workshop;
  const { anomalousWeight, minLeafRows, maxDepth, trees } = params;
  const pending = [root];
  for (let task = pending.pop(); task !== undefined; task = pending.pop()) {
    const { node, start, end, depth, normal, anomalous } = task;
    const weighted = anomalousWeight * anomalous;
    nodes.value[node] = roundedVote(weighted / (normal + weighted), trees);
    if (normal === 0 || anomalous === 0 || normal + anomalous < 2 * minLeafRows || depth >= maxDepth) continue;
    if (view !== copies && end - start <= copies.stride) {
      copyRows(rows, view.entries, start, end, copies);
      growNode(workshop, copies, { ...task, start: 0, end: end - start }, random, gains);
      continue;
    }
    const split = bestSplit(workshop, view, task, random);
    if (split.feature < 0) continue;
    gains[split.feature] = gains[split.feature]! + impurityOf(normal, anomalous, anomalousWeight) - split.impurity;
    const middle = partition(view, start, end, split, workshop.scratch);
    const [left, right] = [addLeaf(nodes, 0), addLeaf(nodes, 0)];
    nodes.feature[node] = split.feature;
    nodes.bin[node] = split.bin;
    nodes.missingLeft[node] = split.missingLeft ? 1 : 0;
    nodes.left[node] = left;
    nodes.right[node] = right;
    const { leftNormal, leftAnomalous } = split;
    const [rightNormal, rightAnomalous] = [normal - leftNormal, anomalous - leftAnomalous];
    pending.push(
      { node: right, start: middle, end, depth: depth + 1, normal: rightNormal, anomalous: rightAnomalous },
      { node: left, start, end: middle, depth: depth + 1, normal: leftNormal, anomalous: leftAnomalous },
    );
  }
};

/** Of as many features as asked for, drawn anew; of more while none of them can split the node. */
const bestSplit = (workshop: Workshop, view: Sample, task: Task, random: Random): Split => {
  const { histogram, params, features } = workshop;
  const { start, end, normal, anomalous } = task;
  const best = noSplit();
  for (let rest = features.length; rest > 0; rest--) {
    if (features.length - rest >= params.featuresPerSplit && best.feature >= 0) break;
    const drawn = random.below(rest);
    const feature = features[drawn]!;
    features[drawn] = features[rest - 1]!;
    features[rest - 1] = feature;
    countFeature(view, feature, start, end, histogram);
    tryFeature(histogram, feature, normal, anomalous, params, best);
    clearHistogram(histogram);
  }
  return best;
};

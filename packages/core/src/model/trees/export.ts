import { nextFloat32 } from "../float32.ts";
import {
  byteTensor,
  floatTensor,
  intAttribute,
  intsAttribute,
  ML_DOMAIN,
  node,
  type Piece,
  tensorAttribute,
} from "../onnx/graph.ts";
import type { TreeEnsemble } from "./ensemble.ts";

/** Enumerations of the TreeEnsemble operator: https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html */
const AGGREGATES = { average: 0, sum: 1 } as const;
const TRANSFORM_NONE = 0;
const MODE_LESS_OR_EQUAL = 0;

/** Nodes that take the float32 matrix `rows` and give `output`, N × 1: the average or sum of what the trees say. */
export const ensembleNodes = (
  ensemble: TreeEnsemble,
  aggregate: keyof typeof AGGREGATES,
  output: string,
  rows = "rows",
): Piece[] => [
  node({ operator: "Neg", inputs: [rows], output: "negated" }),
  node({ operator: "Concat", inputs: [rows, "negated"], output: "both", attributes: [intAttribute("axis", 1)] }),
  node({
    operator: "TreeEnsemble",
    domain: ML_DOMAIN,
    inputs: ["both"],
    output,
    attributes: [intAttribute("aggregate_function", AGGREGATES[aggregate]), ...attributes(withInnerRoots(ensemble))],
  }),
];

/**
 * Inner nodes and leaves are numbered apart in this operator, and a missing value takes the side for "false". A node
 * whose missing values go left therefore asks the opposite, x > threshold, as −x ≤ −(the next float32 above the
 * threshold) of the negated column. ONNX Runtime keeps the child for "false" right behind its node and guesses that
 * way, so a row is scored a third faster when that is the side of most rows.
 */
const attributes = (ensemble: TreeEnsemble): Piece[] => {
  const { columns, roots, feature, threshold, missingLeft, left, right, value } = ensemble;
  const numbers = numbered(feature);
  const { inner, leaves, numberOf } = numbers;
  const children = (straight: Int32Array, flipped: Int32Array) =>
    inner.map((at) => (missingLeft[at] === 1 ? flipped[at]! : straight[at]!));
  const [whenTrue, whenFalse] = [children(left, right), children(right, left)];
  const isLeaf = (nodes: Int32Array) => Uint8Array.from(nodes, (at) => (feature[at]! < 0 ? 1 : 0));
  const splits = Float32Array.from(inner, (at) =>
    missingLeft[at] === 1 ? -nextFloat32(threshold[at]!) : threshold[at]!,
  );
  return [
    intAttribute("n_targets", 1),
    intAttribute("post_transform", TRANSFORM_NONE),
    intsAttribute(
      "tree_roots",
      roots.map((root) => numberOf[root]!),
    ),
    intsAttribute(
      "nodes_featureids",
      inner.map((at) => feature[at]! + (missingLeft[at] === 1 ? columns : 0)),
    ),
    tensorAttribute("nodes_splits", floatTensor("splits", [inner.length], splits)),
    tensorAttribute("nodes_modes", byteTensor("modes", new Uint8Array(inner.length).fill(MODE_LESS_OR_EQUAL))),
    intsAttribute(
      "nodes_truenodeids",
      whenTrue.map((at) => numberOf[at]!),
    ),
    intsAttribute(
      "nodes_falsenodeids",
      whenFalse.map((at) => numberOf[at]!),
    ),
    intsAttribute("nodes_trueleafs", isLeaf(whenTrue)),
    intsAttribute("nodes_falseleafs", isLeaf(whenFalse)),
    intsAttribute("leaf_targetids", new Uint8Array(leaves.length)),
    tensorAttribute(
      "leaf_weights",
      floatTensor(
        "weights",
        [leaves.length],
        Float32Array.from(leaves, (at) => value[at]!),
      ),
    ),
  ];
};

const numbered = (feature: Int32Array) => {
  const numberOf = new Int32Array(feature.length);
  let [innerCount, leafCount] = [0, 0];
  for (let at = 0; at < feature.length; at++) numberOf[at] = feature[at]! < 0 ? leafCount++ : innerCount++;
  const [inner, leaves] = [new Int32Array(innerCount), new Int32Array(leafCount)];
  for (let at = 0; at < feature.length; at++) (feature[at]! < 0 ? leaves : inner)[numberOf[at]!] = at;
  return { inner, leaves, numberOf };
};

/** The operator has no tree that is a bare leaf: such a root gets a split whose two sides are that leaf. */
const withInnerRoots = (ensemble: TreeEnsemble): TreeEnsemble => {
  const bare = Array.from(ensemble.roots.keys()).filter((tree) => ensemble.feature[ensemble.roots[tree]!]! < 0);
  if (bare.length === 0) return ensemble;
  const count = ensemble.feature.length;
  const size = count + 2 * bare.length;
  const padded: TreeEnsemble = {
    columns: ensemble.columns,
    roots: ensemble.roots.slice(),
    feature: new Int32Array(size),
    threshold: new Float32Array(size),
    missingLeft: new Uint8Array(size),
    left: new Int32Array(size),
    right: new Int32Array(size),
    value: new Float32Array(size),
  };
  for (const name of ["feature", "threshold", "missingLeft", "left", "right", "value"] as const) {
    padded[name].set(ensemble[name]);
  }
  for (const [index, tree] of bare.entries()) {
    const leaf = ensemble.roots[tree]!;
    const copy = count + 2 * index;
    const root = copy + 1;
    padded.feature[copy] = -1;
    padded.value[copy] = ensemble.value[leaf]!;
    padded.roots[tree] = root;
    padded.missingLeft[root] = 1;
    padded.left[root] = leaf;
    padded.right[root] = copy;
  }
  return padded;
};

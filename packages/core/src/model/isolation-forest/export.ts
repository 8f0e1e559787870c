import {
  byteTensor,
  floatTensor,
  intAttribute,
  intsAttribute,
  ML_DOMAIN,
  modelFile,
  node,
  type Piece,
  tensorAttribute,
} from "../onnx/graph.ts";
import { averagePathLength, type Forest, leansLeft } from "./forest.ts";
import { nextFloat32 } from "./grow.ts";

/** Enumerations of the TreeEnsemble operator: https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html */
const AGGREGATE_AVERAGE = 0;
const TRANSFORM_NONE = 0;
const MODE_LESS_OR_EQUAL = 0;

/**
 * The forest as an ONNX file: float32 `rows` (N × columns) in, float32 `scores` (N × 1) out, the raw score 2^(−E / c(n)).
 * E differs from the double sum of `scoreForest` by float32 rounding only.
 */
export const exportForest = (forest: Forest): Uint8Array =>
  modelFile({
    name: "isolation-forest",
    nodes: [
      ...forestNodes(forest, "rows", "path_length"),
      node({ operator: "Mul", inputs: ["path_length", "minus_inverse_average"], output: "exponent" }),
      node({ operator: "Pow", inputs: ["two", "exponent"], output: "scores" }),
    ],
    initializers: [
      floatTensor("minus_inverse_average", [], [-1 / averagePathLength(forest.sampleSize)]),
      floatTensor("two", [], [2]),
    ],
    input: { name: "rows", columns: forest.columns },
    outputs: [{ name: "scores", columns: 1 }],
  });

/** The mean path length E of each row of a float32 matrix `rows`, as a float32 `output` (N × 1). */
export const forestNodes = (forest: Forest, rows: string, output: string): Piece[] => [
  node({ operator: "Neg", inputs: [rows], output: "negated" }),
  node({ operator: "Concat", inputs: [rows, "negated"], output: "both", attributes: [intAttribute("axis", 1)] }),
  node({
    operator: "TreeEnsemble",
    domain: ML_DOMAIN,
    inputs: ["both"],
    output,
    attributes: treeAttributes(withInnerRoots(forest)),
  }),
];

/**
 * Inner nodes and leaves are numbered apart in this operator. ONNX Runtime keeps the child for "false" right behind its
 * node and guesses that way, so a row is scored a third faster when most rows go there: where most go left, the node asks
 * the opposite, x > threshold, as −x ≤ −(the next float32 above the threshold) of the negated column.
 */
const treeAttributes = (forest: Forest): Piece[] => {
  const isLeaf = (at: number) => forest.feature[at]! < 0;
  const all = Array.from(forest.feature.keys());
  const inner = all.filter((at) => !isLeaf(at));
  const leaves = all.filter(isLeaf);
  const numberOf = new Int32Array(all.length);
  for (const group of [inner, leaves]) for (const [number, at] of group.entries()) numberOf[at] = number;
  const childNumbers = (child: Int32Array) => inner.map((at) => numberOf[child[at]!]!);
  const childIsLeaf = (child: Int32Array) => inner.map((at) => (isLeaf(child[at]!) ? 1 : 0));
  const flipped = new Set(inner.filter((at) => leansLeft(forest, at)));
  const whenTrue = forest.left.map((child, at) => (flipped.has(at) ? forest.right[at]! : child));
  const whenFalse = forest.right.map((child, at) => (flipped.has(at) ? forest.left[at]! : child));
  const columns = inner.map((at) => forest.feature[at]! + (flipped.has(at) ? forest.columns : 0));
  const splits = inner.map((at) => (flipped.has(at) ? -nextFloat32(forest.threshold[at]!) : forest.threshold[at]!));
  return [
    intAttribute("aggregate_function", AGGREGATE_AVERAGE),
    intAttribute("n_targets", 1),
    intAttribute("post_transform", TRANSFORM_NONE),
    intsAttribute(
      "tree_roots",
      forest.roots.map((root) => numberOf[root]!),
    ),
    intsAttribute("nodes_featureids", columns),
    tensorAttribute("nodes_splits", floatTensor("splits", [inner.length], splits)),
    tensorAttribute("nodes_modes", byteTensor("modes", new Uint8Array(inner.length).fill(MODE_LESS_OR_EQUAL))),
    intsAttribute("nodes_truenodeids", childNumbers(whenTrue)),
    intsAttribute("nodes_falsenodeids", childNumbers(whenFalse)),
    intsAttribute("nodes_trueleafs", childIsLeaf(whenTrue)),
    intsAttribute("nodes_falseleafs", childIsLeaf(whenFalse)),
    intsAttribute("leaf_targetids", new Uint8Array(leaves.length)),
    tensorAttribute(
      "leaf_weights",
      floatTensor(
        "weights",
        [leaves.length],
        leaves.map((at) => forest.pathLength[at]!),
      ),
    ),
  ];
};

/** The operator has no tree that is a bare leaf: such a root gets a split whose two sides are that leaf. */
const withInnerRoots = (forest: Forest): Forest => {
  const bare = Array.from(forest.roots.keys()).filter((tree) => forest.feature[forest.roots[tree]!]! < 0);
  if (bare.length === 0) return forest;
  const count = forest.feature.length;
  const grown = <T extends Int32Array | Float32Array | Float64Array>(array: T, into: T): T => {
    into.set(array);
    return into;
  };
  const size = count + 2 * bare.length;
  const padded: Forest = {
    ...forest,
    roots: forest.roots.slice(),
    feature: grown(forest.feature, new Int32Array(size)),
    threshold: grown(forest.threshold, new Float32Array(size)),
    left: grown(forest.left, new Int32Array(size)),
    right: grown(forest.right, new Int32Array(size)),
    rows: grown(forest.rows, new Int32Array(size)),
    pathLength: grown(forest.pathLength, new Float64Array(size)),
  };
  for (const [index, tree] of bare.entries()) {
    const leaf = forest.roots[tree]!;
    const copy = count + 2 * index;
    const root = copy + 1;
    padded.feature[copy] = -1;
    padded.pathLength[copy] = forest.pathLength[leaf]!;
    padded.roots[tree] = root;
    padded.left[root] = leaf;
    padded.right[root] = copy;
  }
  return padded;
};

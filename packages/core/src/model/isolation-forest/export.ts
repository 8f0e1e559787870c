import { floatTensor, modelFile, node } from "../onnx/graph.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { ensembleNodes } from "../trees/export.ts";
import { averagePathLength, type Forest, leansLeft } from "./forest.ts";

/**
 * The forest as an ONNX file: float32 `rows` (N × columns) in, float32 `scores` (N × 1) out, the raw score 2^(−E / c(n)).
 * E differs from the double sum of `scoreForest` by float32 rounding only.
 */
export const exportForest = (forest: Forest): Uint8Array =>
  modelFile({
    name: "isolation-forest",
    nodes: [
      ...ensembleNodes(ensembleOf(forest), "average", "path_length"),
      node({ operator: "Mul", inputs: ["path_length", "minus_ln2_over_average"], output: "exponent" }),
      node({ operator: "Exp", inputs: ["exponent"], output: "scores" }),
    ],
    initializers: [floatTensor("minus_ln2_over_average", [], [-Math.LN2 / averagePathLength(forest.sampleSize)])],
    input: { name: "rows", columns: forest.columns },
    outputs: [{ name: "scores", columns: 1 }],
  });

/** The forest as trees whose leaves hold path lengths; missing values go where most rows went. */
export const ensembleOf = (forest: Forest): TreeEnsemble => {
  const { columns, roots, feature, threshold, left, right, pathLength } = forest;
  const missingLeft = Uint8Array.from(feature, (column, at) => (column >= 0 && leansLeft(forest, at) ? 1 : 0));
  return { columns, roots, feature, threshold, missingLeft, left, right, value: Float32Array.from(pathLength) };
};

import { CAST_TO_DOUBLE, CAST_TO_FLOAT, doubleTensor, modelFile, node } from "../onnx/graph.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { ensembleNodes } from "../trees/export.ts";
import { HALF_TREE } from "./votes.ts";

/**
 * The forest as an ONNX file: float32 `rows` (N × columns) in, float32 `scores` (N × 1) out, the raw score −ln
 * P(normal). A regressor of one target: ONNX Runtime mislabels binary classifiers from 1.26 on. The sum of the votes is
 * exact and the rest is done in doubles, so that nothing is lost before the cut to float32.
 */
export const exportRandomForest = (forest: TreeEnsemble): Uint8Array => {
  const trees = forest.roots.length;
  return modelFile({
    name: "random-forest",
    nodes: [
      ...ensembleNodes(forest, "sum", "float_votes"),
      node({ operator: "Cast", inputs: ["float_votes"], output: "votes", attributes: CAST_TO_DOUBLE }),
      node({ operator: "Sub", inputs: ["trees_and_half", "votes"], output: "normal_votes" }),
      node({ operator: "Div", inputs: ["trees_and_one", "normal_votes"], output: "inverse_probability" }),
      node({ operator: "Log", inputs: ["inverse_probability"], output: "surprise" }),
      node({ operator: "Cast", inputs: ["surprise"], output: "scores", attributes: CAST_TO_FLOAT }),
    ],
    initializers: [
      doubleTensor("trees_and_half", [], [trees + HALF_TREE]),
      doubleTensor("trees_and_one", [], [trees + 2 * HALF_TREE]),
    ],
    input: { name: "rows", columns: forest.columns },
    outputs: [{ name: "scores", columns: 1 }],
  });
};

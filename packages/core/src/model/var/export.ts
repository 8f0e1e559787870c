import {
  CAST_TO_DOUBLE,
  CAST_TO_FLOAT,
  doubleTensor,
  int64Tensor,
  intAttribute,
  modelFile,
  node,
  type Piece,
} from "../onnx/graph.ts";
import type { VarModel } from "./model.ts";

/** The model as an ONNX file: float32 vectors (N × (lags + 1) · metrics) in, float32 `scores` (N × 1) out, as `scoreVar`. */
export const exportVar = (model: VarModel): Uint8Array =>
  varFile(model, {
    nodes: [
      node({
        operator: "TopK",
        inputs: ["contributions", "top"],
        output: "strongest",
        moreOutputs: ["strongest_metrics"],
        attributes: [intAttribute("axis", 1)],
      }),
      node({ operator: "Add", inputs: ["strongest", "one"], output: "above_one" }),
      node({ operator: "Log", inputs: ["above_one"], output: "logarithms" }),
      node({ operator: "ReduceMean", inputs: ["logarithms", "columns"], output: "mean" }),
      node({ operator: "Cast", inputs: ["mean"], output: "scores", attributes: CAST_TO_FLOAT }),
    ],
    initializers: [int64Tensor("top", [Math.min(model.top, model.metrics)]), doubleTensor("one", [], [1])],
    output: { name: "scores", columns: 1 },
  });

/** The same graph up to the contributions (N × metrics), for attribution: one run instead of one per metric. */
export const exportVarContributions = (model: VarModel): Uint8Array =>
  varFile(model, {
    nodes: [
      node({ operator: "Cast", inputs: ["contributions"], output: "metric_contributions", attributes: CAST_TO_FLOAT }),
    ],
    initializers: [],
    output: { name: "metric_contributions", columns: model.metrics },
  });

type Tail = { nodes: Piece[]; initializers: Piece[]; output: { name: string; columns: number } };

/**
 * Doubles inside: a residual is a small difference, and over a standard deviation of a thousandth its float32 rounding
 * would be the score.
 */
const varFile = (model: VarModel, tail: Tail): Uint8Array => {
  const { metrics, lags } = model;
  const inputs = metrics * lags;
  const row = (name: string, values: ArrayLike<number>) => doubleTensor(name, [1, values.length], values);
  const scalar = (name: string, value: number) => doubleTensor(name, [], [value]);
  const slice = (from: string, range: "earlier" | "newest", output: string) =>
    node({ operator: "Slice", inputs: [from, `${range}_start`, `${range}_end`, "columns"], output });
  // A missing earlier value becomes the mean; what the newest becomes does not matter, it is masked below.
  const filler = Float64Array.from({ length: inputs + metrics }, (_, at) => model.centre[at % metrics]!);
  return modelFile({
    name: "var",
    nodes: [
      node({ operator: "Cast", inputs: ["rows"], output: "wide", attributes: CAST_TO_DOUBLE }),
      node({ operator: "IsNaN", inputs: ["wide"], output: "missing" }),
      node({ operator: "Where", inputs: ["missing", "filler", "wide"], output: "filled" }),
      node({ operator: "Clip", inputs: ["filled", "low", "high"], output: "clipped" }),
      slice("clipped", "earlier", "earlier"),
      slice("clipped", "newest", "newest"),
      slice("filled", "newest", "newest_unclipped"),
      slice("missing", "newest", "newest_missing"),
      node({ operator: "MatMul", inputs: ["earlier", "weights"], output: "weighted" }),
      node({ operator: "Add", inputs: ["weighted", "intercept"], output: "predicted" }),
      node({ operator: "Sub", inputs: ["newest", "predicted"], output: "residual" }),
      node({ operator: "Abs", inputs: ["residual"], output: "distance" }),
      node({ operator: "Div", inputs: ["distance", "residual_sd"], output: "deviations" }),
      node({ operator: "Min", inputs: ["deviations", "cap"], output: "change" }),
      node({ operator: "Abs", inputs: ["newest_unclipped"], output: "magnitude" }),
      node({ operator: "Min", inputs: ["magnitude", "level_cap"], output: "capped_magnitude" }),
      node({ operator: "Mul", inputs: ["capped_magnitude", "level_weight"], output: "level" }),
      node({ operator: "Add", inputs: ["change", "level"], output: "all_contributions" }),
      node({ operator: "Where", inputs: ["newest_missing", "zero", "all_contributions"], output: "contributions" }),
      ...tail.nodes,
    ],
    initializers: [
      row("filler", filler),
      row("intercept", model.intercept),
      row("residual_sd", model.residualSd),
      row("level_cap", model.levelCap),
      doubleTensor("weights", [inputs, metrics], model.weights),
      scalar("low", -model.clip),
      scalar("high", model.clip),
      scalar("cap", model.cap),
      scalar("level_weight", model.levelWeight),
      scalar("zero", 0),
      int64Tensor("earlier_start", [0]),
      int64Tensor("earlier_end", [inputs]),
      int64Tensor("newest_start", [inputs]),
      int64Tensor("newest_end", [inputs + metrics]),
      int64Tensor("columns", [1]),
      ...tail.initializers,
    ],
    input: { name: "rows", columns: inputs + metrics },
    output: tail.output,
  });
};

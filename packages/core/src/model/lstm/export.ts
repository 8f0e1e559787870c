import {
  CAST_TO_DOUBLE,
  CAST_TO_FLOAT,
  doubleTensor,
  floatTensor,
  int64Tensor,
  intAttribute,
  intsAttribute,
  modelFile,
  node,
  type Piece,
} from "../onnx/graph.ts";
import { rankShares } from "../ranks.ts";
import type { LstmModel } from "./model.ts";

/**
 * The model as an ONNX file: float32 vectors (N × (window + 1) · features) in, float32 out: `scores` (N × 1) as `scoreLstm`,
 * `contributions` as `lstmContributions`, `expected` as `lstmForecasts` and `deviation` (each N × features).
 *
 * Doubles but for the LSTM, whose operator has none: what it says is multiplied by the linear residual's spread, so that
 * its rounding is small beside any residual that counts.
 */
export const exportLstm = (model: LstmModel): Uint8Array => {
  const { features, window, hidden, linear, weights } = model;
  const width = features * window;
  const ranks = rankShares(model.ranks, model.features);
  return modelFile({
    name: "lstm",
    nodes: [
      cast("rows", "wide", CAST_TO_DOUBLE),
      node({ operator: "IsNaN", inputs: ["wide"], output: "missing" }),
      node({ operator: "Where", inputs: ["missing", "zero", "wide"], output: "filled" }),
      node({ operator: "Clip", inputs: ["filled", "low", "high"], output: "clipped" }),
      ...recurrentNodes(hidden),
      ...linearNodes,
      node({ operator: "Add", inputs: ["linear_forecast", "correction"], output: "forecast" }),
      ...contributionNodes,
      ...scoreNodes,
      cast("known_contributions", "contributions", CAST_TO_FLOAT),
      cast("forecast", "expected", CAST_TO_FLOAT),
      // As many rows as there are vectors, each the same.
      node({ operator: "Mul", inputs: ["forecast", "zero"], output: "nothing" }),
      node({ operator: "Add", inputs: ["nothing", "sd"], output: "deviations" }),
      cast("deviations", "deviation", CAST_TO_FLOAT),
    ],
    initializers: [
      floatTensor("input_weights", [1, 4 * hidden, features], gatesForOnnx(weights.input, hidden)),
      floatTensor("recurrent_weights", [1, 4 * hidden, hidden], gatesForOnnx(weights.recurrent, hidden)),
      // The second half are biases of the recurrent product: one is enough.
      floatTensor(
        "biases",
        [1, 8 * hidden],
        Float32Array.of(...gatesForOnnx(weights.bias, hidden), ...new Float32Array(4 * hidden)),
      ),
      floatTensor("output_weights", [hidden, features], transposed(weights.output, features, hidden)),
      floatTensor("output_bias", [1, features], weights.outputBias),
      doubleTensor("linear_weights", [1, linear.lags, features], linear.weights),
      row("linear_intercept", linear.intercept),
      row("linear_sd", linear.sd),
      row("sd", model.sd),
      row("level_cap", model.levelCap),
      scalar("low", -model.clip),
      scalar("high", model.clip),
      scalar("cap", model.cap),
      scalar("level_weight", model.levelWeight),
      scalar("zero", 0),
      scalar("one", 1),
      doubleTensor("ranks", [ranks.length, 1], ranks),
      int64Tensor("top", [ranks.length]),
      int64Tensor("first", [0]),
      int64Tensor("second_axis", [1]),
      int64Tensor("window_end", [width]),
      int64Tensor("row_end", [width + features]),
      int64Tensor("lags_start", [width - linear.lags * features]),
      // In a shape 0 means: as it was.
      int64Tensor("window_shape", [0, window, features]),
      int64Tensor("lags_shape", [0, linear.lags, features]),
    ],
    input: { name: "rows", columns: width + features },
    outputs: [
      { name: "scores", columns: 1 },
      { name: "contributions", columns: features },
      { name: "expected", columns: features },
      { name: "deviation", columns: features },
    ],
  });
};

const row = (name: string, values: ArrayLike<number>): Piece => doubleTensor(name, [1, values.length], values);
const scalar = (name: string, value: number): Piece => doubleTensor(name, [], [value]);
const cast = (from: string, output: string, attributes: readonly Piece[]): Piece =>
  node({ operator: "Cast", inputs: [from], output, attributes });
const slice = (from: string, start: string, end: string, output: string): Piece =>
  node({ operator: "Slice", inputs: [from, start, end, "second_axis"], output });

/** Last hidden state of the window, steps first as the operator wants it (ONNX Runtime has no `layout` 1), and the output layer. */
const recurrentNodes = (hidden: number): Piece[] => [
  slice("clipped", "first", "window_end", "window"),
  cast("window", "narrow_window", CAST_TO_FLOAT),
  node({ operator: "Reshape", inputs: ["narrow_window", "window_shape"], output: "windows" }),
  node({
    operator: "Transpose",
    inputs: ["windows"],
    output: "steps",
    attributes: [intsAttribute("perm", [1, 0, 2])],
  }),
  node({
    operator: "LSTM",
    inputs: ["steps", "input_weights", "recurrent_weights", "biases"],
    output: "",
    moreOutputs: ["last_states"],
    attributes: [intAttribute("hidden_size", hidden)],
  }),
  node({ operator: "Squeeze", inputs: ["last_states", "first"], output: "last_state" }),
  node({ operator: "MatMul", inputs: ["last_state", "output_weights"], output: "weighted" }),
  node({ operator: "Add", inputs: ["weighted", "output_bias"], output: "narrow_correction" }),
  cast("narrow_correction", "correction_units", CAST_TO_DOUBLE),
  node({ operator: "Mul", inputs: ["correction_units", "linear_sd"], output: "correction" }),
];

const linearNodes: readonly Piece[] = [
  slice("clipped", "lags_start", "window_end", "last_rows"),
  node({ operator: "Reshape", inputs: ["last_rows", "lags_shape"], output: "lagged" }),
  node({ operator: "Mul", inputs: ["lagged", "linear_weights"], output: "weighted_lags" }),
  node({
    operator: "ReduceSum",
    inputs: ["weighted_lags", "second_axis"],
    output: "linear_sums",
    attributes: [intAttribute("keepdims", 0)],
  }),
  node({ operator: "Add", inputs: ["linear_sums", "linear_intercept"], output: "linear_forecast" }),
];

const contributionNodes: readonly Piece[] = [
  slice("clipped", "window_end", "row_end", "newest"),
  slice("filled", "window_end", "row_end", "newest_unclipped"),
  slice("missing", "window_end", "row_end", "newest_missing"),
  node({ operator: "Sub", inputs: ["newest", "forecast"], output: "residual" }),
  node({ operator: "Abs", inputs: ["residual"], output: "distance" }),
  node({ operator: "Div", inputs: ["distance", "sd"], output: "units" }),
  node({ operator: "Min", inputs: ["units", "cap"], output: "change" }),
  node({ operator: "Abs", inputs: ["newest_unclipped"], output: "magnitude" }),
  node({ operator: "Min", inputs: ["magnitude", "level_cap"], output: "capped_levels" }),
  node({ operator: "Mul", inputs: ["capped_levels", "level_weight"], output: "level" }),
  node({ operator: "Add", inputs: ["change", "level"], output: "all_contributions" }),
  node({ operator: "Where", inputs: ["newest_missing", "zero", "all_contributions"], output: "known_contributions" }),
];

/** ln(1 + contribution) of the strongest features, averaged by their ranks. */
const scoreNodes: readonly Piece[] = [
  node({
    operator: "TopK",
    inputs: ["known_contributions", "top"],
    output: "strongest",
    moreOutputs: ["strongest_features"],
    attributes: [intAttribute("axis", 1)],
  }),
  node({ operator: "Add", inputs: ["strongest", "one"], output: "above_one" }),
  node({ operator: "Log", inputs: ["above_one"], output: "logarithms" }),
  node({ operator: "MatMul", inputs: ["logarithms", "ranks"], output: "weighted_mean" }),
  cast("weighted_mean", "scores", CAST_TO_FLOAT),
];

/** ONNX wants the gates in the order i, o, f, c (which is g). */
const ONNX_GATES = [0, 3, 1, 2];
const gatesForOnnx = (values: Float32Array, hidden: number): Float32Array => {
  const block = (values.length / (4 * hidden)) * hidden;
  return Float32Array.from(values, (_, at) => values[ONNX_GATES[Math.floor(at / block)]! * block + (at % block)]!);
};

const transposed = (values: Float32Array, rows: number, columns: number): Float32Array =>
  values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!);

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
import { rankShares } from "../ranks.ts";
import type { RowForecast, VarModel } from "./model.ts";

/**
 * The model as an ONNX file: float32 vectors (N × (lags + 1) · metrics) in, float32 out: `scores` (N × 1) as `scoreVar`,
 * `contributions` (N × metrics) as `varContributions`, `expected` and `deviation` (N × metrics) as `expectedByVar`.
 *
 * Doubles inside: a residual is a small difference, and over a standard deviation of a thousandth its float32 rounding
 * would be the score.
 */
export const exportVar = (model: VarModel): Uint8Array => {
  const { metrics, lags } = model;
  const inputs = metrics * lags;
  const ranks = rankShares(model.ranks, model.metrics);
  const newestOf = (from: string, output: string) =>
    node({ operator: "Slice", inputs: [from, "newest_start", "newest_end", "columns"], output });
  // A missing earlier value becomes the mean; what the newest becomes does not matter, it is masked below.
  const filler = Float64Array.from({ length: inputs + metrics }, (_, at) => model.centre[at % metrics]!);
  return modelFile({
    name: "var",
    nodes: [
      node({ operator: "Cast", inputs: ["rows"], output: "wide", attributes: CAST_TO_DOUBLE }),
      node({ operator: "IsNaN", inputs: ["wide"], output: "missing" }),
      node({ operator: "Where", inputs: ["missing", "filler", "wide"], output: "filled" }),
      node({ operator: "Clip", inputs: ["filled", "low", "high"], output: "clipped" }),
      newestOf("clipped", "newest"),
      newestOf("filled", "newest_unclipped"),
      newestOf("missing", "newest_missing"),
      ...deviationNodes("near"),
      ...deviationNodes("reach"),
      node({ operator: "Mul", inputs: ["reach_deviations", "reach_weight"], output: "drift" }),
      node({ operator: "Abs", inputs: ["newest_unclipped"], output: "magnitude" }),
      node({ operator: "Div", inputs: ["magnitude", "level_unit"], output: "levels" }),
      node({ operator: "Min", inputs: ["levels", "level_cap"], output: "capped_levels" }),
      node({ operator: "Mul", inputs: ["capped_levels", "level_weight"], output: "level" }),
      node({ operator: "Add", inputs: ["near_deviations", "level"], output: "change_and_level" }),
      node({ operator: "Add", inputs: ["change_and_level", "drift"], output: "all_contributions" }),
      node({
        operator: "Where",
        inputs: ["newest_missing", "zero", "all_contributions"],
        output: "known_contributions",
      }),
      ...scoreNodes,
      toFloat("known_contributions", "contributions"),
      toFloat("near_forecast", "expected"),
      // As many rows as there are vectors, each the same.
      node({ operator: "Mul", inputs: ["near_forecast", "zero"], output: "nothing" }),
      node({ operator: "Add", inputs: ["nothing", "near_sd"], output: "deviations" }),
      toFloat("deviations", "deviation"),
    ],
    initializers: [
      row("filler", filler),
      ...forecastTensors("near", model.near, model.residualUnit),
      ...forecastTensors("reach", model.reach, model.reach.sd),
      row("level_unit", model.levelUnit),
      row("level_cap", model.levelCap),
      scalar("low", -model.clip),
      scalar("high", model.clip),
      scalar("cap", model.cap),
      scalar("level_weight", model.levelWeight),
      scalar("reach_weight", model.reachWeight),
      scalar("zero", 0),
      int64Tensor("first", [0]),
      int64Tensor("newest_start", [inputs]),
      int64Tensor("newest_end", [inputs + metrics]),
      int64Tensor("columns", [1]),
      int64Tensor("top", [ranks.length]),
      doubleTensor("ranks", [ranks.length, 1], ranks),
      scalar("one", 1),
      row("near_sd", model.near.sd),
    ],
    input: { name: "rows", columns: inputs + metrics },
    outputs: [
      { name: "scores", columns: 1 },
      { name: "contributions", columns: metrics },
      { name: "expected", columns: metrics },
      { name: "deviation", columns: metrics },
    ],
  });
};

const toFloat = (from: string, output: string): Piece =>
  node({ operator: "Cast", inputs: [from], output, attributes: CAST_TO_FLOAT });

/** ln(1 + contribution) of the strongest metrics, averaged by their ranks. */
const scoreNodes: readonly Piece[] = [
  node({
    operator: "TopK",
    inputs: ["known_contributions", "top"],
    output: "strongest",
    moreOutputs: ["strongest_metrics"],
    attributes: [intAttribute("axis", 1)],
  }),
  node({ operator: "Add", inputs: ["strongest", "one"], output: "above_one" }),
  node({ operator: "Log", inputs: ["above_one"], output: "logarithms" }),
  node({ operator: "MatMul", inputs: ["logarithms", "ranks"], output: "weighted_mean" }),
  toFloat("weighted_mean", "scores"),
];

const row = (name: string, values: ArrayLike<number>): Piece => doubleTensor(name, [1, values.length], values);
const scalar = (name: string, value: number): Piece => doubleTensor(name, [], [value]);

/** min(|newest − forecast| / unit, cap), the forecast from the first values of the clipped vector. */
const deviationNodes = (name: "near" | "reach"): Piece[] => [
  node({ operator: "Slice", inputs: ["clipped", "first", `${name}_inputs`, "columns"], output: `${name}_earlier` }),
  node({ operator: "MatMul", inputs: [`${name}_earlier`, `${name}_weights`], output: `${name}_weighted` }),
  node({ operator: "Add", inputs: [`${name}_weighted`, `${name}_intercept`], output: `${name}_forecast` }),
  node({ operator: "Sub", inputs: ["newest", `${name}_forecast`], output: `${name}_residual` }),
  node({ operator: "Abs", inputs: [`${name}_residual`], output: `${name}_distance` }),
  node({ operator: "Div", inputs: [`${name}_distance`, `${name}_unit`], output: `${name}_units` }),
  node({ operator: "Min", inputs: [`${name}_units`, "cap"], output: `${name}_deviations` }),
];

const forecastTensors = (name: "near" | "reach", forecast: RowForecast, unit: Float64Array): Piece[] => {
  const metrics = forecast.intercept.length;
  const inputs = forecast.weights.length / metrics;
  return [
    int64Tensor(`${name}_inputs`, [inputs]),
    doubleTensor(`${name}_weights`, [inputs, metrics], forecast.weights),
    row(`${name}_intercept`, forecast.intercept),
    row(`${name}_unit`, unit),
  ];
};

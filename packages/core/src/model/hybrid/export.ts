import { ensembleOf } from "../isolation-forest/export.ts";
import { averagePathLength } from "../isolation-forest/forest.ts";
import {
  CAST_TO_DOUBLE,
  CAST_TO_FLOAT,
  doubleTensor,
  int64Tensor,
  intAttribute,
  intsAttribute,
  modelFile,
  node,
  type Piece,
} from "../onnx/graph.ts";
import { rankShares } from "../ranks.ts";
import { ensembleNodes } from "../trees/export.ts";
import {
  BOUND,
  CLIP,
  FEATURE_BOUND,
  GRID,
  type HybridModel,
  MISSING_ISOLATION,
  RANKS,
  RESIDUAL_FEATURES,
  SHORTEST_PATH,
  VARIANCE_FLOOR,
  windowOf,
} from "./model.ts";

/**
 * The model as one ONNX file: float32 vectors (N × (lags + recent) · metrics) in, float32 out: `scores` (N × 1) as
 * `hybridScores`, `contributions` (N × metrics) as `hybridContributions`, `expected` and `deviation` (N × metrics) as
 * `expectedRows`. Inside all is in doubles, but what the forest takes and gives, and metrics come first: (metrics, N, …).
 */
export const exportHybrid = (model: HybridModel): Uint8Array => {
  const { metrics, forest } = model;
  const columns = metrics * windowOf(model);
  return modelFile({
    name: "hybrid",
    nodes: [
      ...residualNodes,
      ...featureNodes,
      ...ensembleNodes(ensembleOf(forest), "average", "path_length", "forest_rows"),
      ...isolationNodes,
      ...outputNodes,
    ],
    initializers: [...numbers(model), ...shapes(model)],
    input: { name: "rows", columns },
    outputs: [
      { name: "scores", columns: 1 },
      { name: "contributions", columns: metrics },
      { name: "expected", columns: metrics },
      { name: "deviation", columns: metrics },
    ],
  });
};

const op = (operator: string, inputs: readonly string[], output: string, attributes: readonly Piece[] = []): Piece =>
  node({ operator, inputs, output, attributes });
const transposed = (from: string, output: string, order: readonly number[]) =>
  op("Transpose", [from], output, [intsAttribute("perm", order)]);

/** A matrix of rows as (metrics, N, rows of a vector). */
const cube = (from: string, output: string): Piece[] => [
  op("Reshape", [from, "vector_shape"], `${output}_rows`),
  transposed(`${output}_rows`, output, [2, 0, 1]),
];

/** `residuals` and `values` of the recent rows and whether they are missing: (metrics, N, recent). */
const residualNodes: readonly Piece[] = [
  op("Cast", ["rows"], "wide", CAST_TO_DOUBLE),
  op("IsNaN", ["wide"], "unknown"),
  op("Where", ["unknown", "zero", "wide"], "known"),
  op("Clip", ["known", "minus_bound", "bound"], "bounded"),
  op("Clip", ["known", "minus_clip", "clip"], "clipped"),
  ...cube("clipped", "inputs"),
  ...cube("bounded", "all_values"),
  ...cube("unknown", "all_missing"),
  op("MatMul", ["inputs", "weights"], "weighted"),
  op("Add", ["weighted", "constants"], "forecasts"),
  op("Slice", ["all_values", "lags", "window", "last_axis"], "values"),
  op("Slice", ["all_missing", "lags", "window", "last_axis"], "missing"),
  op("Sub", ["values", "forecasts"], "differences"),
  op("Div", ["differences", "sd"], "all_residuals"),
  op("Where", ["missing", "zero", "all_residuals"], "residuals"),
];

const newest = (from: string, output: string) => op("Slice", [from, "newest", "recent", "last_axis"], output);

/** `scaled`: (metrics, N, 4), and the same as rows of the forest: (metrics · N, 4). */
const featureNodes: readonly Piece[] = [
  newest("residuals", "newest_residual"),
  op("MatMul", ["residuals", "average"], "mean_residual"),
  op("Mul", ["residuals", "residuals"], "squares"),
  op("MatMul", ["squares", "average"], "mean_square"),
  op("Add", ["mean_square", "variance_floor"], "variance"),
  op("Log", ["variance"], "log_variance"),
  newest("values", "newest_value"),
  op("Concat", ["newest_residual", "mean_residual", "log_variance", "newest_value"], "features", [
    intAttribute("axis", 2),
  ]),
  op("Sub", ["features", "centers"], "centred"),
  op("Div", ["centred", "scales"], "ungridded"),
  op("Clip", ["ungridded", "minus_feature_bound", "feature_bound"], "cut"),
  op("Div", ["cut", "grid"], "grid_steps"),
  op("Add", ["grid_steps", "half"], "raised_steps"),
  op("Floor", ["raised_steps"], "whole_steps"),
  op("Mul", ["whole_steps", "grid"], "gridded"),
  op("Cast", ["gridded"], "narrow", CAST_TO_FLOAT),
  op("Cast", ["narrow"], "scaled", CAST_TO_DOUBLE),
  op("Reshape", ["narrow", "forest_shape"], "forest_rows"),
];

/** `isolations`: (N, metrics). ln(1 + excess) − ln(path relative to the average one). */
const isolationNodes: readonly Piece[] = [
  op("Sub", ["scaled", "highs"], "above"),
  op("Div", ["above", "widths"], "above_units"),
  op("Sub", ["lows", "scaled"], "below"),
  op("Div", ["below", "widths"], "below_units"),
  op("Max", ["above_units", "below_units", "zero"], "beyond"),
  op("ReduceMax", ["beyond", "last_axis"], "excess"),
  op("Add", ["excess", "one"], "above_one"),
  op("Log", ["above_one"], "distance"),
  op("Cast", ["path_length"], "wide_path", CAST_TO_DOUBLE),
  op("Div", ["wide_path", "average_path"], "relative_path"),
  op("Max", ["relative_path", "shortest_path"], "path"),
  op("Log", ["path"], "log_path_rows"),
  op("Reshape", ["log_path_rows", "metric_shape"], "log_path"),
  op("Sub", ["distance", "log_path"], "known_isolation"),
  newest("missing", "newest_missing"),
  op("Where", ["newest_missing", "missing_isolation", "known_isolation"], "isolation"),
  op("Reshape", ["isolation", "matrix_shape"], "isolation_by_metric"),
  transposed("isolation_by_metric", "isolations", [1, 0]),
];

const outputNodes: readonly Piece[] = [
  node({
    operator: "TopK",
    inputs: ["isolations", "top"],
    output: "strangest",
    moreOutputs: ["strangest_metrics"],
    attributes: [intAttribute("axis", 1)],
  }),
  op("MatMul", ["strangest", "ranks"], "weighted_mean"),
  op("Cast", ["weighted_mean"], "scores", CAST_TO_FLOAT),
  op("Exp", ["isolations"], "times"),
  op("Sub", ["times", "one"], "times_more"),
  op("Max", ["times_more", "zero"], "contribution"),
  op("Cast", ["contribution"], "contributions", CAST_TO_FLOAT),
  newest("forecasts", "newest_forecast"),
  op("Reshape", ["newest_forecast", "matrix_shape"], "expected_by_metric"),
  transposed("expected_by_metric", "wide_expected", [1, 0]),
  op("Cast", ["wide_expected"], "expected", CAST_TO_FLOAT),
  // As many rows as there are vectors, each the same.
  op("Mul", ["wide_expected", "zero"], "nothing"),
  op("Add", ["nothing", "sd_row"], "wide_deviation"),
  op("Cast", ["wide_deviation"], "deviation", CAST_TO_FLOAT),
];

const numbers = (model: HybridModel): Piece[] => {
  const { metrics, recent, forest, featureScaling, ranges } = model;
  const perFeature = (name: string, values: readonly number[]) =>
    doubleTensor(name, [metrics, 1, RESIDUAL_FEATURES], values);
  const ranks = rankShares(RANKS, metrics);
  const scalars = {
    ...{ zero: 0, one: 1, half: 0.5, grid: GRID, variance_floor: VARIANCE_FLOOR },
    ...{ bound: BOUND, minus_bound: -BOUND, clip: CLIP, minus_clip: -CLIP },
    ...{ feature_bound: FEATURE_BOUND, minus_feature_bound: -FEATURE_BOUND },
    ...{ average_path: averagePathLength(forest.sampleSize), shortest_path: SHORTEST_PATH },
    missing_isolation: MISSING_ISOLATION,
  };
  return [
    ...Object.entries(scalars).map(([name, value]) => doubleTensor(name, [], [value])),
    doubleTensor("weights", [metrics, windowOf(model), recent], slidingWeights(model)),
    doubleTensor("constants", [metrics, 1, 1], model.constants),
    doubleTensor("sd", [metrics, 1, 1], model.sd),
    doubleTensor("sd_row", [1, metrics], model.sd),
    doubleTensor("average", [recent, 1], new Float64Array(recent).fill(1 / recent)),
    perFeature(
      "centers",
      featureScaling.map(({ center }) => center),
    ),
    perFeature(
      "scales",
      featureScaling.map(({ scale }) => scale),
    ),
    perFeature(
      "highs",
      ranges.map(({ high }) => high),
    ),
    perFeature(
      "lows",
      ranges.map(({ low }) => low),
    ),
    perFeature(
      "widths",
      ranges.map(({ width }) => width),
    ),
    doubleTensor("ranks", [ranks.length, 1], ranks),
  ];
};

/** Per metric a matrix that forecasts the recent rows at once: column r weighs the `lags` rows before recent row r. */
const slidingWeights = (model: HybridModel): Float64Array => {
  const { metrics, lags, recent, weights } = model;
  const window = windowOf(model);
  const sliding = new Float64Array(metrics * window * recent);
  for (let metric = 0; metric < metrics; metric++) {
    for (let row = 0; row < recent; row++) {
      for (let lag = 0; lag < lags; lag++) {
        sliding[(metric * window + row + lag) * recent + row] = weights[metric * lags + lag]!;
      }
    }
  }
  return sliding;
};

/** Starts, ends and shapes; −1 is whatever is left. */
const shapes = (model: HybridModel): Piece[] => {
  const { metrics, lags, recent } = model;
  const window = windowOf(model);
  return [
    int64Tensor("vector_shape", [-1, window, metrics]),
    int64Tensor("forest_shape", [-1, RESIDUAL_FEATURES]),
    int64Tensor("metric_shape", [metrics, -1, 1]),
    int64Tensor("matrix_shape", [metrics, -1]),
    int64Tensor("lags", [lags]),
    int64Tensor("window", [window]),
    int64Tensor("newest", [recent - 1]),
    int64Tensor("recent", [recent]),
    int64Tensor("last_axis", [2]),
    int64Tensor("top", [rankShares(RANKS, metrics).length]),
  ];
};

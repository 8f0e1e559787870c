import { FLOAT32_MAX } from "../float32.ts";
import {
  CAST_TO_DOUBLE,
  CAST_TO_FLOAT,
  doubleTensor,
  int64Tensor,
  modelFile,
  node,
  type Piece,
} from "../onnx/graph.ts";
import type { Scaling } from "../scaling.ts";
import { type LinearProcess, windowWeights } from "./process.ts";
import { RESIDUAL_SD_MIN } from "./residual.ts";

/** A process that looks at the last `count` scaled values: the residual of the newest is strange when it is large. */
export type WindowForecaster = { weights: Float64Array; constant: number; sd: number };

/** The process in units of the scaled series, cut to a window; see `windowWeights`. */
export const windowForecaster = (
  process: LinearProcess,
  { center, scale }: Scaling,
  count: number,
): WindowForecaster => {
  const { weights, constant } = windowWeights(process, count);
  const gain = 1 - weights.reduce((sum, weight) => sum + weight, 0);
  return { weights, constant: (constant - center * gain) / scale, sd: Math.max(RESIDUAL_SD_MIN, process.sd / scale) };
};

/**
 * ln(1 + |residual| / sd) of the newest value of each vector of `count` + 1, oldest first, as its exported graph scores it:
 * logarithms, because calibration continues them by a power law of the distance. A missing newest value scores 0, a missing
 * earlier one counts as the centre. Vectors begin every `stride` values: 1 slides over a series.
 */
export const scoreWindows = (
  forecaster: WindowForecaster,
  vectors: Float32Array,
  rowCount: number,
  stride = forecaster.weights.length + 1,
): Float64Array => {
  const { weights, constant, sd } = forecaster;
  return Float64Array.from({ length: rowCount }, (_, row) => {
    const newest = vectors[row * stride + weights.length]!;
    if (Number.isNaN(newest)) return 0;
    let forecast = constant;
    for (let at = 0; at < weights.length; at++) {
      const value = vectors[row * stride + at]!;
      if (!Number.isNaN(value)) forecast += weights[at]! * value;
    }
    return Math.log1p(Math.abs(newest - forecast) / sd);
  });
};

/**
 * The forecaster as an ONNX file: float32 vectors (N × count + 1) in, float32 out: `scores` (N × 1) as `scoreWindows`, and in
 * scaled units `expected` and `deviation` (N × 1), the forecast and its standard deviation. Doubles inside: a residual is a
 * small difference.
 */
export const exportForecaster = ({ weights, constant, sd }: WindowForecaster): Uint8Array => {
  const columns = weights.length + 1;
  return modelFile({
    name: "forecaster",
    nodes: [
      node({ operator: "Cast", inputs: ["rows"], output: "wide", attributes: CAST_TO_DOUBLE }),
      node({ operator: "IsNaN", inputs: ["wide"], output: "missing" }),
      node({ operator: "Where", inputs: ["missing", "zero", "wide"], output: "known" }),
      node({ operator: "MatMul", inputs: ["known", "weights"], output: "weighted" }),
      node({ operator: "Add", inputs: ["weighted", "constant"], output: "forecast" }),
      newestOf("known", "newest"),
      newestOf("missing", "newest_missing"),
      node({ operator: "Sub", inputs: ["newest", "forecast"], output: "residual" }),
      node({ operator: "Abs", inputs: ["residual"], output: "distance" }),
      node({ operator: "Div", inputs: ["distance", "sd"], output: "deviations" }),
      node({ operator: "Where", inputs: ["newest_missing", "zero", "deviations"], output: "known_deviations" }),
      node({ operator: "Add", inputs: ["known_deviations", "one"], output: "above_one" }),
      node({ operator: "Log", inputs: ["above_one"], output: "logarithm" }),
      node({ operator: "Cast", inputs: ["logarithm"], output: "scores", attributes: CAST_TO_FLOAT }),
      node({ operator: "Clip", inputs: ["forecast", "low", "high"], output: "bounded" }),
      node({ operator: "Cast", inputs: ["bounded"], output: "expected", attributes: CAST_TO_FLOAT }),
      // As many rows as there are vectors, each the same.
      node({ operator: "Mul", inputs: ["bounded", "zero"], output: "nothing" }),
      node({ operator: "Add", inputs: ["nothing", "sd"], output: "spread" }),
      node({ operator: "Cast", inputs: ["spread"], output: "deviation", attributes: CAST_TO_FLOAT }),
    ],
    initializers: [
      doubleTensor("weights", [columns, 1], Float64Array.of(...weights, 0)),
      ...Object.entries({ constant, sd, zero: 0, one: 1, low: -FLOAT32_MAX, high: FLOAT32_MAX }).map(([name, value]) =>
        doubleTensor(name, [], [value]),
      ),
      int64Tensor("newest_start", [weights.length]),
      int64Tensor("newest_end", [columns]),
      int64Tensor("columns", [1]),
    ],
    input: { name: "rows", columns },
    outputs: ["scores", "expected", "deviation"].map((name) => ({ name, columns: 1 })),
  });
};

const newestOf = (from: string, output: string): Piece =>
  node({ operator: "Slice", inputs: [from, "newest_start", "newest_end", "columns"], output });

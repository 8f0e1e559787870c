import { CAST_TO_DOUBLE, CAST_TO_FLOAT, doubleTensor, modelFile, node } from "../onnx/graph.ts";
import type { Scaling } from "../scaling.ts";
import { type LinearProcess, windowWeights } from "./process.ts";

/** Smallest spread of a scaled residual: what is forecast better is forecast exactly, and its rounding is no news. */
const RESIDUAL_SD_MIN = 1e-3;

/** A process that looks at the last `count` scaled values: the residual of the newest is strange when it is large. */
export type WindowForecaster = { weights: Float64Array; constant: number; sd: number };

/** The process in units of the scaled series, cut to a window; see `windowWeights` for what the cut loses. */
export const windowForecaster = (
  process: LinearProcess,
  { center, scale }: Scaling,
  count: number,
): WindowForecaster => {
  const { weights, constant } = windowWeights(process, count);
  const gain = 1 - weights.reduce((sum, weight) => sum + weight, 0);
  return { weights, constant: (constant - center * gain) / scale, sd: Math.max(RESIDUAL_SD_MIN, process.sd / scale) };
};

/** |residual| / sd of the newest value of each vector of `count` + 1, oldest first, as its exported graph scores it. */
export const scoreWindows = (forecaster: WindowForecaster, vectors: Float32Array, rowCount: number): Float64Array => {
  const { weights, constant, sd } = forecaster;
  const width = weights.length + 1;
  return Float64Array.from({ length: rowCount }, (_, row) => {
    let residual = vectors[row * width + weights.length]! - constant;
    for (let at = 0; at < weights.length; at++) residual -= weights[at]! * vectors[row * width + at]!;
    return Math.abs(residual) / sd;
  });
};

/**
 * The forecaster as an ONNX file: float32 vectors (N × count + 1) in, float32 `scores` (N × 1) out, as `scoreWindows`. The
 * newest value counts 1, the others their negated weights, so that one product of matrices, in doubles, is the residual.
 */
export const exportForecaster = ({ weights, constant, sd }: WindowForecaster): Uint8Array => {
  const columns = weights.length + 1;
  const factors = Float64Array.from({ length: columns }, (_, at) => (at < weights.length ? -weights[at]! : 1) / sd);
  return modelFile({
    name: "forecaster",
    nodes: [
      node({ operator: "Cast", inputs: ["rows"], output: "wide", attributes: CAST_TO_DOUBLE }),
      node({ operator: "MatMul", inputs: ["wide", "factors"], output: "weighted" }),
      node({ operator: "Sub", inputs: ["weighted", "constant"], output: "residual" }),
      node({ operator: "Abs", inputs: ["residual"], output: "distance" }),
      node({ operator: "Cast", inputs: ["distance"], output: "scores", attributes: CAST_TO_FLOAT }),
    ],
    initializers: [doubleTensor("factors", [columns, 1], factors), doubleTensor("constant", [], [constant / sd])],
    input: { name: "rows", columns },
    outputs: [{ name: "scores", columns: 1 }],
  });
};

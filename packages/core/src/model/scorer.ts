import { AppError } from "../errors.ts";
import type { LoadedModel, ModelRuntime } from "../store/ports.ts";
import { featureShares, normaliseShares, substituteRows } from "./attribution.ts";
import { anomalyScore } from "./calibration.ts";
import type { Manifest } from "./manifest.ts";
import { excess, isolationOf } from "./range.ts";

/** Rows of one attribution run: bounds its memory at 64 features × 64 rows of shingle (4,096 columns) to 16 MB. */
const ATTRIBUTION_ROWS_PER_RUN = 1024;
/** Half the band of a model's forecast: three standard deviations. */
const BAND_DEVIATIONS = 3;

/** What a model file may give besides `scores`; all N × features, the latter two in units of the scaled rows. */
export const ModelOutput = {
  /** What each feature adds to the score, ≥ 0. */
  contributions: "contributions",
  /** Forecast of the newest row from those before it, and the standard deviation of that. */
  expected: "expected",
  deviation: "deviation",
} as const;

/** Expected values and half the width of the band around them, row-major, in the units of the features. */
export type Forecast = { expected: Float64Array; band: Float64Array };

/**
 * A registered model in memory. `vectors` is row-major float32, `rowCount` × (features × shingleSize), already scaled
 * by `manifest.scaling` (see `scaleRow`), each vector its rows oldest first.
 */
export type Scorer = {
  manifest: Manifest;
  /**
   * `raw`: what the model says, 2^(−E / c) for forests. `scores`: −log10 of the tail probability, ≥ 0. `forecast`: of models
   * that have one.
   */
  score(vectors: Float32Array, rowCount: number): Promise<Scored>;
  /** Each feature's share of the score, row-major `rowCount` × features; the shares of a row sum to 1. */
  attribute(vectors: Float32Array, rowCount: number): Promise<Float64Array>;
};
export type Scored = { raw: Float32Array; scores: Float64Array; forecast: Forecast | undefined };

/** Loads a model and checks that it takes the vectors that its manifest describes. Throws `CORRUPT` when it does not. */
export const loadScorer = async (runtime: ModelRuntime, manifest: Manifest, onnx: Uint8Array): Promise<Scorer> => {
  const model = await runtime.load(onnx);
  const columns = manifest.features.length * manifest.shingleSize;
  if (model.columns !== columns) {
    const expected = `${manifest.features.length} features × shingle ${manifest.shingleSize}`;
    throw new AppError(
      "CORRUPT",
      `model ${manifest.name} version ${manifest.version} takes ${model.columns} columns, its manifest says ${expected}`,
    );
  }
  const contributes = model.outputs.includes(ModelOutput.contributions);
  return {
    manifest,
    score: (vectors, rowCount) => scoreRows(model, manifest, vectors, rowCount),
    attribute: (vectors, rowCount) =>
      contributes ? contributedShares(model, manifest, vectors, rowCount) : ablate(model, manifest, vectors, rowCount),
  };
};

const scoreRows = async (
  model: LoadedModel,
  manifest: Manifest,
  vectors: Float32Array,
  rowCount: number,
): Promise<Scored> => {
  if (rowCount === 0) return { raw: new Float32Array(0), scores: new Float64Array(0), forecast: undefined };
  const forecasts = model.outputs.includes(ModelOutput.expected);
  const outputs = forecasts ? [model.outputs[0]!, ModelOutput.expected, ModelOutput.deviation] : [];
  const [raw, expected, deviation] = forecasts
    ? await model.runFor(outputs, vectors, rowCount)
    : [await model.run(vectors, rowCount)];
  const scores = strangeness(manifest, vectors, raw!).map((value) => anomalyScore(manifest.calibration, value));
  return { raw: raw!, scores, forecast: forecasts ? unscaled(manifest, expected!, deviation!) : undefined };
};

const unscaled = ({ scaling }: Manifest, expected: Float32Array, deviation: Float32Array): Forecast => ({
  expected: Float64Array.from(expected, (value, at) => {
    const { center, scale } = scaling[at % scaling.length]!;
    return center + scale * value;
  }),
  band: Float64Array.from(deviation, (value, at) => BAND_DEVIATIONS * scaling[at % scaling.length]!.scale * value),
});

/** What the calibration is made for: the raw scores, with the distance of each newest row beyond the ranges. */
const strangeness = ({ ranges, shingleSize }: Manifest, vectors: Float32Array, raw: Float32Array): Float64Array => {
  const values = Float64Array.from(raw);
  if (!ranges) return values;
  const columns = ranges.length * shingleSize;
  for (let row = 0; row < raw.length; row++) {
    const newest = (row + 1) * columns - ranges.length;
    let rowExcess = 0;
    for (let feature = 0; feature < ranges.length; feature++) {
      rowExcess = Math.max(rowExcess, excess(ranges[feature]!, vectors[newest + feature]!));
    }
    values[row] = isolationOf(raw[row]!, rowExcess);
  }
  return values;
};

/** By what the model itself says that each feature adds: one run more. */
const contributedShares = async (model: LoadedModel, manifest: Manifest, vectors: Float32Array, rowCount: number) => {
  const features = manifest.features.length;
  const [contributions] = await model.runFor([ModelOutput.contributions], vectors, rowCount);
  const shares = Float64Array.from(contributions!);
  for (let row = 0; row < rowCount; row++) {
    const ofRow = shares.subarray(row * features, (row + 1) * features);
    if (!normaliseShares(ofRow)) ofRow.fill(1 / features);
  }
  return shares;
};

/** By what the score loses without each feature: a run with a row per feature. */
const ablate = async (model: LoadedModel, manifest: Manifest, vectors: Float32Array, rowCount: number) => {
  const featureCount = manifest.features.length;
  const shape = { featureCount, shingleSize: manifest.shingleSize };
  const shares = new Float64Array(rowCount * featureCount);
  const rowsPerRun = Math.max(1, Math.floor(ATTRIBUTION_ROWS_PER_RUN / (featureCount + 1)));
  for (let first = 0; first < rowCount; first += rowsPerRun) {
    const rows = Math.min(rowsPerRun, rowCount - first);
    const part = vectors.subarray(first * model.columns, (first + rows) * model.columns);
    const substituted = substituteRows(part, rows, shape);
    const raw = await model.run(substituted, rows * (featureCount + 1));
    const values = strangeness(manifest, substituted, raw);
    featureShares(part, rows, shape, values, shares.subarray(first * featureCount));
  }
  return shares;
};

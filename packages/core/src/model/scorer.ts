import { AppError } from "../errors.ts";
import type { LoadedModel, ModelRuntime } from "../store/ports.ts";
import { featureShares, substituteRows } from "./attribution.ts";
import { anomalyScore } from "./calibration.ts";
import type { Manifest } from "./manifest.ts";
import { excess, isolationOf } from "./range.ts";

/** Rows of one attribution run: bounds its memory at 64 features × 64 rows of shingle (4,096 columns) to 16 MB. */
const ATTRIBUTION_ROWS_PER_RUN = 1024;

/**
 * A registered model in memory. `vectors` is row-major float32, `rowCount` × (features × shingleSize), already scaled
 * by `manifest.scaling` (see `scaleRow`), each vector its rows oldest first.
 */
export type Scorer = {
  manifest: Manifest;
  /** `raw`: what the model says, 2^(−E / c) for forests. `scores`: −log10 of the tail probability, ≥ 0. */
  score(vectors: Float32Array, rowCount: number): Promise<{ raw: Float32Array; scores: Float64Array }>;
  /** Each feature's share of the score, row-major `rowCount` × features; the shares of a row sum to 1. */
  attribute(vectors: Float32Array, rowCount: number): Promise<Float64Array>;
};

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
  return {
    manifest,
    score: (vectors, rowCount) => scoreRows(model, manifest, vectors, rowCount),
    attribute: (vectors, rowCount) => attributeRows(model, manifest, vectors, rowCount),
  };
};

const scoreRows = async (model: LoadedModel, manifest: Manifest, vectors: Float32Array, rowCount: number) => {
  if (rowCount === 0) return { raw: new Float32Array(0), scores: new Float64Array(0) };
  const raw = await model.run(vectors, rowCount);
  const scores = strangeness(manifest, vectors, raw).map((value) => anomalyScore(manifest.calibration, value));
  return { raw, scores };
};

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

const attributeRows = async (model: LoadedModel, manifest: Manifest, vectors: Float32Array, rowCount: number) => {
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

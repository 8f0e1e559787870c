import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { type Detector, featureNames } from "../detector.ts";
import { AppError } from "../errors.ts";
import { fitCalibration } from "../model/calibration.ts";
import { exportForest } from "../model/isolation-forest/export.ts";
import { type FittedForest, fitForest } from "../model/isolation-forest/fit.ts";
import { referenceStride, scoreOutOfSample } from "../model/isolation-forest/score.ts";
import type { Manifest } from "../model/manifest.ts";
import { randomOf } from "../model/random.ts";
import { excessAmongOthers, type FittedRange, fitRange, isolationOf } from "../model/range.ts";
import { fitScaling, type Scaling, scaleRow } from "../model/scaling.ts";
import { collectVectors, type TrainingSeries, type TrainingVectors } from "./vectors.ts";

/** Random stream of the choice of rows; trees use the streams from 0 on. */
const SUBSAMPLE_STREAM = -2;

export type FitOptions = { version: number; seed: number; nowMs: number; featureHash: string };
export type FittedModel = { manifest: Manifest; onnx: Uint8Array };

/**
 * Fits a detector's model on its series: robust scaling, isolation forest, calibration. Pure: the same series, options and
 * detector give the same bytes. Throws `CONFLICT` while there are fewer rows than the detector wants.
 */
export const fitDetector = (detector: Detector, series: Iterable<TrainingSeries>, options: FitOptions): FittedModel => {
  const features = featureNames(detector);
  const limits = {
    featureCount: features.length,
    shingleSize: detector.shingleSize,
    maxRows: detector.model.maxTrainingRows,
  };
  const vectors = collectVectors(series, limits, randomOf(options.seed, SUBSAMPLE_STREAM));
  checkEnough(detector, vectors);
  const scaling = fitFeatureScaling(vectors, features.length);
  const rows = scaleVectors(vectors, scaling);
  // At most half of the rows per tree: each row is then new to about half of the trees, which its calibration needs.
  const sampleSize = Math.min(detector.model.sampleSize, Math.floor(vectors.count / 2));
  const fitted = fitForest(
    { values: rows, columns: vectors.columns, count: vectors.count },
    { trees: detector.model.trees, sampleSize, seed: options.seed },
  );
  const ranges = fitRanges(rows, vectors, features.length);
  const onnx = exportForest(fitted.forest);
  const [trainingFromMs, trainingToMs] = timeSpan(vectors);
  const manifest: Manifest = {
    format: 1,
    name: detector.id,
    version: options.version,
    family: detector.model.family,
    params: { trees: detector.model.trees, sampleSize },
    features,
    shingleSize: detector.shingleSize,
    scaling,
    ranges: ranges.map(({ low, high, width }) => ({ low, high, width })),
    calibration: fitCalibration(referenceScores(fitted, rows, ranges)),
    featureHash: options.featureHash,
    trainedAtMs: options.nowMs,
    trainingRows: vectors.count,
    trainingFromMs,
    trainingToMs,
    seed: options.seed,
    onnxSha256: bytesToHex(sha256(onnx)),
    onnxBytes: onnx.length,
  };
  return { manifest, onnx };
};

const checkEnough = (detector: Detector, { count }: TrainingVectors): void => {
  const needed = detector.model.minTrainingRows;
  if (count >= needed) return;
  const rows =
    detector.shingleSize > 1 ? `rows that end ${detector.shingleSize} complete ones in a row` : "complete rows";
  throw new AppError(
    "CONFLICT",
    `detector ${detector.id} needs ${needed} ${rows} to train and has ${count}: ${needed - count} more`,
  );
};

/** Over the newest row of each vector, so that a shingle counts each row once. */
const fitFeatureScaling = (vectors: TrainingVectors, featureCount: number): Scaling[] =>
  Array.from({ length: featureCount }, (_, feature) => {
    const newest = vectors.columns - featureCount + feature;
    const values = new Float64Array(vectors.count);
    for (let row = 0; row < vectors.count; row++) values[row] = vectors.values[row * vectors.columns + newest]!;
    return fitScaling(values);
  });

const scaleVectors = ({ values, count, columns }: TrainingVectors, scaling: readonly Scaling[]): Float32Array => {
  const rows = new Float32Array(count * columns);
  for (let at = 0; at < rows.length; at += scaling.length) scaleRow(scaling, values, rows, at, at);
  return rows;
};

/** Over the newest rows of the vectors, in the order of time. */
const fitRanges = (rows: Float32Array, vectors: TrainingVectors, featureCount: number): FittedRange[] => {
  const { columns, count, timestamps } = vectors;
  const order = Uint32Array.from({ length: count }, (_, row) => row).sort((a, b) => timestamps[a]! - timestamps[b]!);
  return Array.from({ length: featureCount }, (_, feature) => {
    const newest = columns - featureCount + feature;
    return fitRange(Float32Array.from(order, (row) => rows[row * columns + newest]!));
  });
};

/** What each reference row would have scored as a new one: by trees and ranges that do not know it. */
const referenceScores = (fitted: FittedForest, rows: Float32Array, ranges: readonly FittedRange[]): Float64Array => {
  const { columns } = fitted.forest;
  const stride = referenceStride(rows.length / columns);
  return scoreOutOfSample(fitted, rows).map((raw, reference) => {
    const newest = (reference * stride + 1) * columns - ranges.length;
    const distances = ranges.map((range, feature) => excessAmongOthers(range, rows[newest + feature]!));
    return isolationOf(raw, Math.max(...distances));
  });
};

const timeSpan = ({ timestamps, count }: TrainingVectors): [number, number] => {
  let from = timestamps[0]!;
  let to = from;
  for (let row = 1; row < count; row++) {
    from = Math.min(from, timestamps[row]!);
    to = Math.max(to, timestamps[row]!);
  }
  return [from, to];
};

import { collectVectors, type TrainingVectors, timeSpan } from "../dataset.ts";
import type { ModelFile, Trainer } from "../family.ts";
import { excessAmongOthers, type FittedRange, fitRange, isolationOf } from "../range.ts";
import { fitScaling, type Scaling, scaleRow } from "../scaling.ts";
import { exportForest } from "./export.ts";
import type { IsolationForestConfig } from "./family.ts";
import { type FittedForest, fitForest } from "./fit.ts";
import { referenceStride, scoreOutOfSample } from "./score.ts";

/** A forest with all that its scores are made of: the scaling of its rows and where each feature was. */
type IsolationForest = {
  fitted: FittedForest;
  trees: number;
  sampleSize: number;
  scaling: Scaling[];
  ranges: FittedRange[];
  /** Scaled, row-major. */
  rows: Float32Array;
  span: [number, number];
};

/** Robust scaling, forest, ranges; the reference scores are those of trees that have not seen the row. */
export const trainer: Trainer<IsolationForestConfig, IsolationForest> = {
  fit(dataset, config, seed) {
    const vectors = collectVectors(dataset, seed);
    const features = dataset.features.length;
    const scaling = fitFeatureScaling(vectors, features);
    const rows = scaleVectors(vectors, scaling);
    // At most half of the rows per tree: each row is then new to about half of the trees, which its calibration needs.
    const sampleSize = Math.min(config.sampleSize, Math.floor(vectors.count / 2));
    const fitted = fitForest(
      { values: rows, columns: vectors.columns, count: vectors.count },
      { trees: config.trees, sampleSize, seed },
    );
    const ranges = fitRanges(rows, vectors, features);
    const span = timeSpan(vectors.timestamps.subarray(0, vectors.count));
    return { fitted, trees: config.trees, sampleSize, scaling, ranges, rows, span };
  },
  export: ({ fitted, trees, sampleSize, scaling, ranges, rows, span }): ModelFile => ({
    onnx: exportForest(fitted.forest),
    params: { trees, sampleSize },
    scaling,
    ranges: ranges.map(({ low, high, width }) => ({ low, high, width })),
    referenceScores: referenceScores(fitted, rows, ranges),
    trainingRows: rows.length / fitted.forest.columns,
    trainingSpanMs: span,
  }),
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

import { collectVectors, type TrainingVectors, timeSpan } from "../dataset.ts";
import type { ModelFile, Trainer } from "../family.ts";
import { excess, excessAmongOthers, type FittedRange, fitRange, isolationOf } from "../range.ts";
import { type Scaling, scaleRow } from "../scaling.ts";
import { fitFeatureScaling } from "../vector-scaling.ts";
import { exportForest } from "./export.ts";
import type { IsolationForestConfig } from "./family.ts";
import { type FittedForest, fitForest } from "./fit.ts";
import { everyNth, referenceStride, scoreForest, scoreOutOfSample } from "./score.ts";

/** The reference scores of the newest rows are those of a forest of the older ones: this share of all. */
const OLDER_SHARE = 0.7;

/** What is learnt from scaled rows: a forest, and where each feature was. */
type Fit = { fitted: FittedForest; ranges: FittedRange[] };
type IsolationForest = Fit & {
  trees: number;
  sampleSize: number;
  scaling: Scaling[];
  referenceScores: Float64Array;
  trainingRows: number;
  span: [number, number];
};

/** Robust scaling, forest, ranges; and for the reference scores the same once more, of the older rows. */
export const trainer: Trainer<IsolationForestConfig, IsolationForest> = {
  fit(dataset, config, seed) {
    const vectors = collectVectors(dataset, seed);
    const { columns, count } = vectors;
    const features = dataset.features.length;
    const scaling = fitFeatureScaling(vectors, features);
    const values = scaledInTime(vectors, scaling);
    // At most half of the rows per tree: each row is then new to about half of the trees, which its reference score needs.
    const sampleSize = Math.min(config.sampleSize, Math.floor(count / 2));
    const params = { trees: config.trees, sampleSize, seed };
    const fit = (rows: Float32Array): Fit => ({
      fitted: fitForest({ values: rows, columns, count: rows.length / columns }, params),
      ranges: fitRanges(rows, columns, features),
    });
    const all = fit(values);
    const older = values.subarray(0, Math.ceil(count * OLDER_SHARE) * columns);
    return {
      ...all,
      trees: config.trees,
      sampleSize,
      scaling,
      referenceScores: scoresAsNew(all, fit(older), older, values.subarray(older.length)),
      trainingRows: count,
      span: timeSpan(vectors.timestamps.subarray(0, count)),
    };
  },
  export: ({ fitted, trees, sampleSize, scaling, ranges, referenceScores, trainingRows, span }): ModelFile => ({
    onnx: exportForest(fitted.forest),
    params: { trees, sampleSize },
    scaling,
    ranges: ranges.map(({ low, high, width }) => ({ low, high, width })),
    referenceScores,
    trainingRows,
    trainingSpanMs: span,
  }),
};

/** The vectors, scaled, in the order of time. */
const scaledInTime = (vectors: TrainingVectors, scaling: readonly Scaling[]): Float32Array => {
  const { values, columns, count, timestamps } = vectors;
  const order = Uint32Array.from({ length: count }, (_, row) => row).sort((a, b) => timestamps[a]! - timestamps[b]!);
  const rows = new Float32Array(count * columns);
  for (const [place, row] of order.entries()) {
    for (let column = 0; column < columns; column += scaling.length) {
      scaleRow(scaling, values, rows, place * columns + column, row * columns + column);
    }
  }
  return rows;
};

/** Over the newest rows of the vectors, which are in the order of time. */
const fitRanges = (rows: Float32Array, columns: number, featureCount: number): FittedRange[] =>
  Array.from({ length: featureCount }, (_, feature) => {
    const newest = columns - featureCount + feature;
    return fitRange(Float32Array.from({ length: rows.length / columns }, (_, row) => rows[row * columns + newest]!));
  });

/**
 * What rows score that a forest and its ranges do not know: the older ones by those trees that did not see them and by the
 * ranges of the others, the newer ones by a forest of the older ones: only that tells how far features wander.
 */
const scoresAsNew = (all: Fit, ofOlder: Fit, older: Float32Array, newer: Float32Array): Float64Array => {
  const { columns } = all.fitted.forest;
  const stride = referenceStride((older.length + newer.length) / columns);
  const known = everyNth(older, columns, stride);
  const unknown = everyNth(newer, columns, stride);
  const knownScores = scoreOutOfSample(all.fitted, known, stride).map((raw, row) =>
    isolationOf(raw, largest(all.ranges, excessAmongOthers, known, row, columns)),
  );
  const unknownScores = scoreForest(ofOlder.fitted.forest, unknown, unknown.length / columns).map((raw, row) =>
    isolationOf(raw, largest(ofOlder.ranges, excess, unknown, row, columns)),
  );
  const scores = new Float64Array(knownScores.length + unknownScores.length);
  scores.set(knownScores);
  scores.set(unknownScores, knownScores.length);
  return scores;
};

/** Of the newest row of a vector, the distance of the feature that is furthest beyond its range. */
const largest = (
  ranges: readonly FittedRange[],
  distance: (range: FittedRange, value: number) => number,
  rows: Float32Array,
  row: number,
  columns: number,
): number => {
  const newest = (row + 1) * columns - ranges.length;
  return ranges.reduce((most, range, feature) => Math.max(most, distance(range, rows[newest + feature]!)), 0);
};

import { AppError } from "../../errors.ts";
import { collectVectors, type Dataset, type TrainingVectors, timeSpan } from "../dataset.ts";
import type { ModelFile, Trainer } from "../family.ts";
import type { Scaling } from "../scaling.ts";
import { fitFeatureScaling, scaleVectors } from "../vector-scaling.ts";
import { exportRandomForest } from "./export.ts";
import type { RandomForestConfig } from "./family.ts";
import { type FittedRandomForest, fitRandomForest, referenceScores } from "./fit.ts";
import { permutationImportance } from "./importance.ts";
import { fitMlRandomForest } from "./ml-random-forest.ts";

/** A forest with what its scores are made of and what it says of itself. */
type TrainedForest = {
  fitted: FittedRandomForest;
  config: RandomForestConfig;
  features: readonly string[];
  importance: Float64Array;
  labels: Uint8Array;
  scaling: Scaling[];
  span: [number, number];
};

/**
 * Rise of −ln P(normal) for which a normal row is e times rarer: 0.04 to 0.3 where labels overlap (measured, see
 * docs/models.md). Where they do not, all trees agree on every normal row, there is no spread, and the first row on
 * which a few differ would be beyond all measure.
 */
const LEAST_TAIL_SCALE = 0.03;

/** Robust scaling, then the forest, of the rows that have a label. */
export const trainer: Trainer<RandomForestConfig, TrainedForest> = {
  async fit(dataset, config, seed, threads) {
    const vectors = collectVectors(labelledOnly(dataset), seed);
    const labels = labelsOf(vectors);
    const scaling = fitFeatureScaling(vectors, dataset.features.length);
    const { columns, count } = vectors;
    const rows = { values: scaleVectors(vectors, scaling), labels, columns, count };
    const params = { ...config, seed };
    const isHistogram = config.engine === "histogram";
    const fitted = await (isHistogram
      ? fitRandomForest(rows, params, threads?.growTrees)
      : fitMlRandomForest(rows, params));
    const { features } = dataset;
    const importance = permutationImportance(fitted.forest, rows, { seed, featureCount: features.length });
    const span = timeSpan(vectors.timestamps.subarray(0, count));
    return { fitted, config, features, importance, labels, scaling, span };
  },
  export: ({ fitted, config, features, importance, labels, scaling, span }): ModelFile => ({
    onnx: exportRandomForest(fitted.forest),
    params: {
      ...{ engine: config.engine, trees: config.trees, featuresPerSplit: config.featuresPerSplit },
      ...{ minLeafRows: config.minLeafRows, maxDepth: config.maxDepth, classWeights: config.classWeights },
      anomalousRows: labels.reduce((sum, label) => sum + label, 0),
      outOfBagAreaUnderCurve: fitted.areaUnderCurve,
      permutationImportance: Object.fromEntries(features.map((feature, at) => [feature, importance[at]!])),
    },
    scaling,
    referenceScores: referenceScores(fitted, labels),
    leastTailScale: LEAST_TAIL_SCALE,
    trainingRows: labels.length,
    trainingSpanMs: span,
  }),
};

/** Rows without a label take part in shingles, but none ends with one. */
const labelledOnly = (dataset: Dataset): Dataset => ({
  ...dataset,
  series: dataset.series.map((one) => ({
    ...one,
    imputed: one.rows.map((_, row) => one.imputed?.[row] === true || (one.labels?.[row] ?? null) === null),
  })),
});

const labelsOf = ({ labels, count }: TrainingVectors): Uint8Array => {
  const known = Uint8Array.from(labels.subarray(0, count));
  const anomalous = known.reduce((sum, label) => sum + label, 0);
  if (anomalous > 0 && count - anomalous > 1) return known;
  throw new AppError(
    "VALIDATION",
    `a random forest learns from labelled rows of both kinds: there are ${anomalous} anomalous and ` +
      `${count - anomalous} normal ones; label some, or choose a family that needs no labels`,
  );
};

import { AppError } from "../../errors.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { areaUnderCurve } from "./area-under-curve.ts";
import { binRows } from "./bins.ts";
import { assembleForest } from "./forest.ts";
import { type GrownTrees, type GrowParams, type GrowTrees, growHere } from "./grow.ts";
import { checkLabelledRows, type LabelledRows } from "./rows.ts";
import { surprise } from "./votes.ts";

export type RandomForestParams = {
  trees: number;
  /** Features that each split chooses from; the square root of their number unless said. */
  featuresPerSplit?: number | undefined;
  minLeafRows: number;
  maxDepth: number;
  /** `balanced`: both labels weigh the same in sum, however rare one is. */
  classWeights: "balanced" | "none";
  seed: number;
};

export const RANDOM_FOREST_PARAMS: RandomForestParams = {
  trees: 100,
  minLeafRows: 3,
  maxDepth: 64,
  classWeights: "balanced",
  seed: 1,
};

export type FittedRandomForest = {
  forest: TreeEnsemble;
  /** Raw score of each training row by the trees that did not see it; NaN for a row that all trees saw. */
  outOfBag: Float64Array;
  /** Area under the ROC curve of those scores: what to expect on new rows. */
  areaUnderCurve: number;
  /** Share of each column in the decrease of impurity over all splits (Breiman 1984); they sum to 1, or are all 0. */
  impurityImportance: Float64Array;
};

/**
 * Fits a random forest (Breiman 2001) for P(anomalous) on float32 rows, by histograms of quantile bins. The same rows,
 * parameters and seed give the same trees, whoever grows them. Throws `VALIDATION` for a single label, for infinite
 * values and for more than 16,777,216 rows. Rows without any difference give trees without a split.
 */
export const fitRandomForest = async (
  rows: LabelledRows,
  params: RandomForestParams,
  grow: GrowTrees = growHere,
): Promise<FittedRandomForest> => {
  checkLabelledRows(rows);
  const binned = binRows(rows);
  const parts = await grow(binned, growParams(rows, params));
  const outOfBag = outOfBagScores(parts, rows.count, params.trees);
  return {
    forest: assembleForest(binned, parts),
    outOfBag,
    areaUnderCurve: areaUnderCurve(outOfBag, rows.labels),
    impurityImportance: importanceOf(parts, rows.columns),
  };
};

/** What calibration is made of: scores of the normal rows, as new rows would have scored. */
export const referenceScores = ({ outOfBag }: FittedRandomForest, labels: ArrayLike<number>): Float64Array =>
  outOfBag.filter((score, row) => labels[row] === 0 && !Number.isNaN(score));

export const growParams = ({ labels, columns, count }: LabelledRows, params: RandomForestParams): GrowParams => {
  const { trees, minLeafRows, maxDepth, seed } = params;
  const anomalous = labels.reduce((sum, label) => sum + label, 0);
  const featuresPerSplit = params.featuresPerSplit ?? Math.max(1, Math.floor(Math.sqrt(columns)));
  if (featuresPerSplit > columns) {
    throw new AppError("VALIDATION", `featuresPerSplit is ${featuresPerSplit}, and there are ${columns} features`);
  }
  const anomalousWeight = params.classWeights === "balanced" ? (count - anomalous) / anomalous : 1;
  return { trees, featuresPerSplit, minLeafRows, maxDepth, anomalousWeight, seed };
};

const outOfBagScores = (parts: readonly GrownTrees[], count: number, trees: number): Float64Array => {
  const votes = new Float64Array(count);
  const voters = new Uint16Array(count);
  for (const part of parts) {
    for (let row = 0; row < count; row++) {
      votes[row] = votes[row]! + part.votes[row]!;
      voters[row] = voters[row]! + part.voters[row]!;
    }
  }
  // As if all trees had voted in the same proportion.
  return votes.map((sum, row) => (voters[row] === 0 ? Number.NaN : surprise((sum * trees) / voters[row]!, trees)));
};

/** Summed in the order of the trees, because sums of doubles depend on it. */
const importanceOf = (parts: readonly GrownTrees[], columns: number): Float64Array => {
  const gains = new Float64Array(columns);
  for (const { trees } of [...parts].sort((a, b) => a.from - b.from)) {
    for (const tree of trees) {
      for (let column = 0; column < columns; column++) gains[column] = gains[column]! + tree.gains[column]!;
    }
  }
  return sharesOf(gains);
};

export const sharesOf = (gains: Float64Array): Float64Array => {
  const total = gains.reduce((sum, gain) => sum + gain, 0);
  return gains.map((gain) => (total > 0 ? gain / total : 0));
};

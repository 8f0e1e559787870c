import { MISSING_BIN } from "./bins.ts";
import type { Histogram } from "./histogram.ts";

export type SplitRules = {
  /** Weight of an anomalous row, where a normal one weighs 1. */
  anomalousWeight: number;
  /** Each side keeps at least so many of the rows that were drawn. */
  minLeafRows: number;
};

/** The best split of a node so far; `feature` −1 while there is none. */
export type Split = {
  feature: number;
  /** Rows up to this bin go left. */
  bin: number;
  missingLeft: boolean;
  impurity: number;
  leftNormal: number;
  leftAnomalous: number;
};

export const noSplit = (): Split => ({
  feature: -1,
  bin: 0,
  missingLeft: false,
  impurity: Number.POSITIVE_INFINITY,
  leftNormal: 0,
  leftAnomalous: 0,
});

/** Half the Gini impurity of a set of rows times their weight: w₀w₁ / (w₀ + w₁). */
export const impurityOf = (normal: number, anomalous: number, anomalousWeight: number): number => {
  const weighted = anomalousWeight * anomalous;
  return (normal * weighted) / (normal + weighted);
};

/**
 * Compares every split of a feature with the best one so far: between each two bins that are used, with the missing
 * values on either side, and the missing values against the known ones. `normal` and `anomalous` are the rows of the
 * node.
 */
export const tryFeature = (
  histogram: Histogram,
  feature: number,
  normal: number,
  anomalous: number,
  rules: SplitRules,
  best: Split,
): void => {
  const { slots, bins, used } = histogram;
  const missingNormal = slots[2 * MISSING_BIN]!;
  const missingAnomalous = slots[2 * MISSING_BIN + 1]!;
  const hasMissing = missingNormal + missingAnomalous > 0;
  let leftNormal = 0;
  let leftAnomalous = 0;
  for (let index = 0; index < used; index++) {
    const bin = bins[index]!;
    leftNormal += slots[2 * bin]!;
    leftAnomalous += slots[2 * bin + 1]!;
    const isLast = index === used - 1;
    if (isLast && !hasMissing) return;
    // Halfway over the bins that this node has no rows in, as a threshold between two values would be.
    const last = isLast ? MISSING_BIN - 1 : (bin + bins[index + 1]! - 1) >> 1;
    // Missing values that training has not seen go with most rows.
    const isMore = 2 * (leftNormal + leftAnomalous) >= normal + anomalous;
    compare(feature, last, isMore && !hasMissing, leftNormal, leftAnomalous, normal, anomalous, rules, best);
    if (hasMissing && !isLast) {
      const [toNormal, toAnomalous] = [leftNormal + missingNormal, leftAnomalous + missingAnomalous];
      compare(feature, last, true, toNormal, toAnomalous, normal, anomalous, rules, best);
    }
  }
};

const compare = (
  feature: number,
  bin: number,
  missingLeft: boolean,
  leftNormal: number,
  leftAnomalous: number,
  normal: number,
  anomalous: number,
  { anomalousWeight, minLeafRows }: SplitRules,
  best: Split,
): void => {
  const rightNormal = normal - leftNormal;
  const rightAnomalous = anomalous - leftAnomalous;
  if (leftNormal + leftAnomalous < minLeafRows || rightNormal + rightAnomalous < minLeafRows) return;
  const impurity =
    impurityOf(leftNormal, leftAnomalous, anomalousWeight) + impurityOf(rightNormal, rightAnomalous, anomalousWeight);
  if (!(impurity < best.impurity)) return;
  best.feature = feature;
  best.bin = bin;
  best.missingLeft = missingLeft;
  best.impurity = impurity;
  best.leftNormal = leftNormal;
  best.leftAnomalous = leftAnomalous;
};

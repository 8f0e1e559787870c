import { anomalyScore, fitCalibration } from "@tidewatch/core/model/calibration";
import { fitRandomForest, RANDOM_FOREST_PARAMS, referenceScores } from "@tidewatch/core/model/random-forest/fit";
import type { LabelledRows } from "@tidewatch/core/model/random-forest/rows";
import { scoreRandomForest } from "@tidewatch/core/model/random-forest/score";
import { labelledRows } from "../test/support/labelled-rows.ts";
import { labelledClusters } from "./labelled-clusters.ts";

/**
 * Prints how often new normal rows reach a score of a random forest, beside how often its calibration says that they do, and
 * the share of anomalous rows that reach it.
 */
const SCORES = [1.5, 2.7, 3.5];
const NEW_ROWS = 100_000;
/** As the family gives it to its calibration. */
const LEAST_TAIL_SCALE = 0.03;

const relabelled = (rows: LabelledRows, isAnomalous: (row: number) => boolean): LabelledRows => ({
  ...rows,
  labels: Uint8Array.from(rows.labels, (_, row) => (isAnomalous(row) ? 1 : 0)),
});
const byOneValue = (count: number, seed: number): LabelledRows => {
  const rows = labelledRows(count, seed);
  return relabelled(rows, (row) => rows.values[row * rows.columns]! > 0.8);
};
const farApart = (count: number, seed: number): LabelledRows => {
  const rows = relabelled(labelledRows(count, seed), (row) => row % 20 === 0);
  for (let row = 0; row < count; row += 20) rows.values.subarray(8 * row, 8 * row + 2).fill(2);
  return rows;
};
const DATA: [string, (count: number, seed: number) => LabelledRows, number][] = [
  ["overlap", labelledClusters, 5000],
  ["one in fifty wrong", labelledRows, 5000],
  ["decided by one value", byOneValue, 600],
  ["decided by one value", byOneValue, 5000],
  ["far apart", farApart, 5000],
];

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
console.log(`rows per 1,000 meant: ${SCORES.map((score) => (1000 * 10 ** -score).toPrecision(2)).join("   ")}`);
for (const [name, rowsOf, count] of DATA) {
  const [train, later] = [rowsOf(count, 1), rowsOf(NEW_ROWS, 12_345)];
  const fitted = await fitRandomForest(train, RANDOM_FOREST_PARAMS);
  const calibration = fitCalibration(referenceScores(fitted, train.labels), LEAST_TAIL_SCALE);
  const raw = scoreRandomForest(fitted.forest, later.values, later.count);
  const scores = raw.map((value) => anomalyScore(calibration, value));
  const shareOf = (label: number, limit: number): number => {
    const ofLabel = scores.filter((_, row) => later.labels[row] === label);
    return ofLabel.filter((score) => score >= limit).length / ofLabel.length;
  };
  const found = SCORES.map((limit) => `${(1000 * shareOf(0, limit)).toPrecision(2)}, ${percent(shareOf(1, limit))}`);
  console.log(`${name}, AUC ${fitted.areaUnderCurve.toFixed(2)}, ${count} rows: ${found.join(" | ")}`);
}

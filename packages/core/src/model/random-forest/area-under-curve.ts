/**
 * Area under the ROC curve: the share of pairs of an anomalous and a normal row in which the anomalous one scores
 * higher, ties counting half. NaN scores are left out; NaN when a label has no row. [1, 2, 3] with labels [0, 0, 1]
 * gives 1.
 */
export const areaUnderCurve = (scores: ArrayLike<number>, labels: ArrayLike<number>): number => {
  const scoresOf = (label: number) =>
    Float64Array.from(scores)
      .filter((score, row) => labels[row] === label && !Number.isNaN(score))
      .sort();
  const [normal, anomalous] = [scoresOf(0), scoresOf(1)];
  let [wins, lower, notHigher] = [0, 0, 0];
  for (const score of anomalous) {
    while (lower < normal.length && normal[lower]! < score) lower++;
    while (notHigher < normal.length && normal[notHigher]! <= score) notHigher++;
    wins += (lower + notHigher) / 2;
  }
  return wins / (anomalous.length * normal.length);
};

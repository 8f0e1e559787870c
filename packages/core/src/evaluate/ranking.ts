import { type EventRows, eventOfRows } from "./events.ts";

export type Ranking = {
  /** Σ (R_k − R_{k−1})·P_k over falling thresholds: area under the precision-recall curve without interpolation. */
  averagePrecision: number;
  /** Best 2·P·R / (P + R) of rows over all thresholds. */
  bestF1: number;
  /** Best harmonic mean of precision by rows and recall by events over all thresholds. */
  compositeF1: number;
};

/**
 * How well scores put the rows of events first. Equal scores share a threshold, so that their order does not matter,
 * as in scikit-learn's `average_precision_score`. Composite F1: Garg, Zhang, Samaran, Savitha, Foo, "An evaluation of
 * anomaly detection and diagnosis in multivariate time series" (2021), section V. Example: scores 3 2 1, event in the
 * first row: all 1.
 * @param scores finite, higher is more anomalous
 * @param events at least one; see `mergeEvents`
 */
export const rankingOf = (scores: Float64Array, events: readonly EventRows[]): Ranking => {
  const eventOf = eventOfRows(scores.length, events);
  const positives = events.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const found = new Set<number>();
  let [right, wrong, recallBefore] = [0, 0, 0];
  const best: Ranking = { averagePrecision: 0, bestF1: 0, compositeF1: 0 };
  for (const rows of byFallingScore(scores)) {
    for (const row of rows) {
      const event = eventOf[row]!;
      if (event < 0) wrong++;
      else {
        right++;
        found.add(event);
      }
    }
    const precision = right / (right + wrong);
    const recall = right / positives;
    best.averagePrecision += precision * (recall - recallBefore);
    best.bestF1 = Math.max(best.bestF1, harmonicMean(precision, recall));
    best.compositeF1 = Math.max(best.compositeF1, harmonicMean(precision, found.size / events.length));
    recallBefore = recall;
  }
  return best;
};

/** Rows of each score, the highest first. */
export function* byFallingScore(scores: Float64Array): Generator<Uint32Array> {
  const order = Uint32Array.from(scores, (_, row) => row).sort((a, b) => scores[b]! - scores[a]! || a - b);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++;
    yield order.subarray(from, to);
  }
}

/** 2·a·b / (a + b); 0 when both are. */
export const harmonicMean = (a: number, b: number): number => (a + b > 0 ? (2 * a * b) / (a + b) : 0);

import type { Detector } from "../../detector.ts";
import { harmonicMean } from "../../evaluate/ranking.ts";
import type { TrainingVectors } from "../../model/dataset.ts";
import type { Scorer } from "../../model/scorer.ts";
import { scaleVectors } from "../../model/vector-scaling.ts";
import { detectorThreshold } from "../../score/threshold.ts";

/** What a candidate is worth, by rows that it has not learnt from. */
export type CandidateMeasures = {
  rows: number;
  /** Share of the rows that are not labelled anomalous which reach the threshold, and what the calibration promises. */
  falseAlarmShare: number;
  expectedFalseAlarmShare: number;
  /** Largest distance of the rows' tail probabilities from the uniform ones that they should be (Kolmogorov, Smirnov). */
  calibrationDistance: number;
  /** See `foundShareOf`. */
  foundShare: number;
  medianScore: number;
  score99: number;
  /** By rows with labels; absent where none is labelled anomalous. */
  precision?: number;
  recall?: number;
  f1?: number;
};

/** The least that a value is moved by, where it hardly varies. */
const MOVED_DEVIATIONS = 6;
const ANOMALOUS = 1;

/** @param detector with the candidate's configuration: its contamination, if any, decides the threshold */
export const judgeCandidate = async (
  detector: Detector,
  scorer: Scorer,
  vectors: TrainingVectors,
): Promise<CandidateMeasures> => {
  const threshold = detectorThreshold(detector);
  const rows = scaleVectors(vectors, scorer.manifest.scaling);
  const { scores } = await scorer.score(rows, vectors.count);
  const isOrdinary = (_: number, row: number) => vectors.labels[row] !== ANOMALOUS;
  const ordinary = scores.filter(isOrdinary).sort();
  const reaches = (score: number) => score >= threshold;
  return {
    rows: vectors.count,
    falseAlarmShare: shareOf(ordinary, reaches),
    expectedFalseAlarmShare: 10 ** -threshold,
    calibrationDistance: distanceFromUniform(ordinary),
    foundShare: await foundAmong(detector, scorer, vectors, { rows, scores }),
    medianScore: quantile(ordinary, 0.5),
    score99: quantile(ordinary, 0.99),
    ...byLabels(scores, vectors, threshold),
  };
};

/**
 * Share of the ordinary rows that reach the threshold only once one of their values has been moved as far as that
 * feature ranges: whether the model sees anything. A row that alerts as it is says nothing of that.
 */
export const foundShareOf = async (detector: Detector, scorer: Scorer, vectors: TrainingVectors): Promise<number> => {
  const rows = scaleVectors(vectors, scorer.manifest.scaling);
  const { scores } = await scorer.score(rows, vectors.count);
  return foundAmong(detector, scorer, vectors, { rows, scores });
};

const foundAmong = async (
  detector: Detector,
  scorer: Scorer,
  vectors: TrainingVectors,
  { rows, scores }: { rows: Float32Array; scores: Float64Array },
): Promise<number> => {
  const threshold = detectorThreshold(detector);
  const { scores: movedScores } = await scorer.score(moved(rows, vectors, detector.features.length), vectors.count);
  const isCalm = (_: number, row: number) => vectors.labels[row] !== ANOMALOUS && scores[row]! < threshold;
  return shareOf(movedScores.filter(isCalm), (score) => score >= threshold);
};

/**
 * One feature of each vector's newest row, each in its turn, up and down by turns: by as much as it ranges over all rows, so that
 * what lies far off for one model lies as far off for another.
 */
const moved = (rows: Float32Array, { columns, count }: TrainingVectors, features: number): Float32Array => {
  const newestOf = (row: number, feature: number) => (row + 1) * columns - features + feature;
  const distances = Array.from({ length: features }, (_, feature) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let row = 0; row < count; row++) {
      const value = rows[newestOf(row, feature)]!;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return Math.max(MOVED_DEVIATIONS, high - low);
  });
  const copy = rows.slice();
  for (let row = 0; row < count; row++) {
    const feature = row % features;
    const place = newestOf(row, feature);
    copy[place] = copy[place]! + (Math.floor(row / features) % 2 === 0 ? distances[feature]! : -distances[feature]!);
  }
  return copy;
};

const shareOf = (values: Float64Array, isOne: (value: number) => boolean): number =>
  values.reduce((count, value) => count + (isOne(value) ? 1 : 0), 0) / Math.max(1, values.length);

/** @param sorted scores, −log10 of a tail probability each, ascending: the share that reaches one should be 10^−score */
const distanceFromUniform = (sorted: Float64Array): number =>
  sorted.reduce((most, score, index) => {
    const tail = 10 ** -score;
    const [reach, exceed] = [(sorted.length - index) / sorted.length, (sorted.length - index - 1) / sorted.length];
    return Math.max(most, Math.abs(tail - reach), Math.abs(tail - exceed));
  }, 0);

const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const byLabels = (scores: Float64Array, { labels, count }: TrainingVectors, threshold: number) => {
  let [right, wrong, missed] = [0, 0, 0];
  for (let row = 0; row < count; row++) {
    const isAlarm = scores[row]! >= threshold;
    if (labels[row] === ANOMALOUS) isAlarm ? right++ : missed++;
    else if (labels[row] === 0 && isAlarm) wrong++;
  }
  if (right + missed === 0) return {};
  const [precision, recall] = [right / Math.max(1, right + wrong), right / (right + missed)];
  return { precision, recall, f1: harmonicMean(precision, recall) };
};

/** So many times the promised false alarms, and rows besides, are chance. */
const FALSE_ALARM_FACTOR = 3;
const FALSE_ALARM_ROWS = 3;
/** Another configuration than the detector's own has to find so much more: chance alone must not change it. */
const LEAD = 0.02;

/**
 * The best of the candidates, the first of which is the detector's own: among those that keep to the false alarms they promise,
 * or to those of the own one, the one that finds most: by labels (F1) where there are some, else of moved values.
 * @param measured `undefined` for one that could not be fitted
 * @param expected place of the one that others have to beat by more than chance: the own one, or that of the new rows alone
 * @returns places, the best first
 */
export const rankCandidates = (measured: readonly (CandidateMeasures | undefined)[], expected = 0): number[] => {
  const own = measured[0];
  const worth = (place: number): number => {
    const one = measured[place];
    if (!one) return -2;
    const chance = FALSE_ALARM_FACTOR * one.expectedFalseAlarmShare + FALSE_ALARM_ROWS / Math.max(1, one.rows);
    if (place > 0 && one.falseAlarmShare > Math.max(chance, own?.falseAlarmShare ?? 0)) return -1;
    return (one.f1 ?? one.foundShare) + (place === expected ? LEAD : 0);
  };
  return measured.map((_, place) => place).sort((a, b) => worth(b) - worth(a) || a - b);
};

import { AppError } from "../errors.ts";
import type { Calibration } from "./manifest.ts";

/** Upper-tail shares at which reference quantiles are kept; the ones rarer than the tail's start are left out. */
const QUANTILE_SHARES = [
  1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.015, 0.01, 7e-3, 5e-3, 3e-3, 2e-3,
  1.5e-3, 1e-3, 7e-4, 5e-4, 3e-4, 2e-4, 1e-4,
];
/** The tail beyond is fitted to this share of the rows, but to 10 rows at least and 100 at most. */
const TAIL_SHARE = 0.05;
const TAIL_ROWS_MIN = 10;
const TAIL_ROWS_MAX = 100;
/** Scores nearer to each other than this are one and the same: keeps references without spread from dividing by 0. */
const TAIL_SCALE_MIN = 0.01;
/**
 * What the shape of a tail is taken for before there are rows, and how many rows that counts as much as: docs/models.md has
 * the measurement. Shapes below 0 would be tails with an end, beyond which any row would be infinitely strange.
 */
const SHAPE_EXPECTED = 0.15;
const SHAPE_EXPECTED_ROWS = 50;
const SHAPE_MAX = 0.9;
/** The extrapolated probability says nothing below the resolution of a double around 1 (2.2e-16). */
const SCORE_MAX = 16;

/**
 * Reduces the scores of the reference rows to quantiles of their upper tail and a generalised Pareto tail beyond: peaks over
 * threshold (Pickands 1975). What is calibrated should be a logarithm, as `isolationOf` is, so that even shape 0 is a power law
 * of the distance, the cautious choice for unknown features. Throws `VALIDATION` on fewer than 2 rows.
 * @param leastTailScale least rise of the raw score for which a row counts as e times rarer
 */
export const fitCalibration = (rawScores: Float64Array, leastTailScale = TAIL_SCALE_MIN): Calibration => {
  const sorted = rawScores.slice().sort();
  const count = sorted.length;
  if (count < 2 || !Number.isFinite(sorted[0]!) || !Number.isFinite(sorted[count - 1]!)) {
    throw new AppError("VALIDATION", `calibration needs at least 2 finite raw scores, not ${count} with some infinite`);
  }
  const tailRows = Math.min(
    Math.max(Math.ceil(count * TAIL_SHARE), TAIL_ROWS_MIN),
    TAIL_ROWS_MAX,
    Math.floor(count / 2),
  );
  const { scale: tailScale, shape: tailShape } = fitTail(sorted, sorted[count - tailRows]!, leastTailScale);
  const ranks = QUANTILE_SHARES.map((share) => Math.ceil(share * count)).filter((rank) => rank > tailRows);
  const { scores, tailProbabilities } = quantiles(sorted, [...ranks, tailRows]);
  if (scores.length === 1) {
    // All rows score the same: it is reached by all of them, and whatever is higher lies in the tail.
    scores.push(scores[0]! + tailScale);
    tailProbabilities.push(Math.exp(-1));
  }
  return { scores, tailProbabilities, tailScale, tailShape };
};

/**
 * Scale and shape of the distances above `start` by probability-weighted moments (Hosking, Wallis 1987): with their mean a₀
 * and a₁ = mean of (1 − F)·y the shape is 2 − a₀ / (a₀ − 2a₁). It is mixed with what is expected, a few rows say little;
 * the scale keeps the mean, scale = a₀ · (1 − shape).
 */
const fitTail = (sorted: Float64Array, start: number, leastScale: number): { scale: number; shape: number } => {
  const distances = sorted.subarray(firstAbove(sorted, start)).map((score) => score - start);
  const rows = distances.length;
  if (rows === 0) return { scale: leastScale, shape: 0 };
  let [mean, weighted] = [0, 0];
  for (let index = 0; index < rows; index++) {
    mean += distances[index]! / rows;
    // Plotting positions of the same paper.
    weighted += ((1 - (index + 0.65) / rows) * distances[index]!) / rows;
  }
  const own = 2 - mean / (mean - 2 * weighted);
  const mixed = (own * rows + SHAPE_EXPECTED * SHAPE_EXPECTED_ROWS) / (rows + SHAPE_EXPECTED_ROWS);
  const shape = Math.min(SHAPE_MAX, Math.max(0, mixed));
  return { scale: Math.max(mean * (1 - shape), leastScale), shape };
};

const firstAbove = (sorted: Float64Array, start: number): number => {
  let first = sorted.length;
  while (first > 0 && sorted[first - 1]! > start) first--;
  return first;
};

/** For each rank the score that so many rows reach, with the exact share that does: equal scores make it larger. */
const quantiles = (sorted: Float64Array, ranks: number[]) => {
  const count = sorted.length;
  const scores: number[] = [];
  const tailProbabilities: number[] = [];
  for (const rank of ranks) {
    const score = sorted[count - rank]!;
    if (scores.length > 0 && score <= scores[scores.length - 1]!) continue;
    let first = count - rank;
    while (first > 0 && sorted[first - 1] === score) first--;
    scores.push(score);
    tailProbabilities.push((count - first) / count);
  }
  return { scores, tailProbabilities };
};

/** −ln of a generalised Pareto tail at a distance of `x` scales; without a shape it is exponential. */
const tailLog = (x: number, shape: number): number => (shape > 0 ? Math.log1p(shape * x) / shape : x);

/** −ln of the tail probability: piecewise linear in the raw score, then the tail, hence continuous; 0 below the reference. */
const rarity = ({ scores, tailProbabilities, tailScale, tailShape }: Calibration, raw: number): number => {
  const last = scores.length - 1;
  if (raw >= scores[last]!) {
    return tailLog((raw - scores[last]!) / tailScale, tailShape) - Math.log(tailProbabilities[last]!);
  }
  if (!(raw > scores[0]!)) return -Math.log(tailProbabilities[0]!);
  let upper = 1;
  while (scores[upper]! < raw) upper++;
  const from = Math.log(tailProbabilities[upper - 1]!);
  const to = Math.log(tailProbabilities[upper]!);
  return -(from + ((to - from) * (raw - scores[upper - 1]!)) / (scores[upper]! - scores[upper - 1]!));
};

/** Share of reference rows that score at least `raw`; never 0. Falls as `raw` grows. */
export const tailProbability = (calibration: Calibration, raw: number): number =>
  Math.exp(-Math.min(rarity(calibration, raw), SCORE_MAX * Math.LN10));

/** −log10 of the tail probability: 0 for the most ordinary rows, 3 for one in a thousand, 16 at most. Grows with `raw`. */
export const anomalyScore = (calibration: Calibration, raw: number): number =>
  Math.min(SCORE_MAX, Math.max(0, rarity(calibration, raw) / Math.LN10));

import { type Random, randomOf } from "@tidewatch/core/model/random";
import type { LabelledRows } from "@tidewatch/core/model/random-forest/rows";

export const COLUMNS = 30;
const INFORMATIVE = 12;
const REDUNDANT = 6;
const CLUSTERS = 4;
const SEPARATION = 0.9;
const ANOMALOUS_SHARE = 0.08;
const WRONG_LABELS = 0.01;

/**
 * Rows in Gaussian clusters, four for each label, after scikit-learn's `make_classification`: 12 columns that tell the
 * labels apart, 6 sums of them, 12 of noise; one column of few values, one that is skewed. The same clusters for every
 * `stream`.
 */
export const labelledClusters = (count: number, stream: number): LabelledRows => {
  const shape = randomOf(7);
  const matrix = (rows: number, columns: number) =>
    Float64Array.from({ length: rows * columns }, () => 2 * shape.unit() - 1);
  const clusters = Array.from({ length: 2 * CLUSTERS }, () => ({
    centre: Float64Array.from({ length: INFORMATIVE }, () => (shape.unit() < 0.5 ? -SEPARATION : SEPARATION)),
    mixing: matrix(INFORMATIVE, INFORMATIVE),
  }));
  const combining = matrix(REDUNDANT, INFORMATIVE);
  const random = randomOf(7, stream);
  const values = new Float32Array(count * COLUMNS);
  const labels = new Uint8Array(count);
  const noise = new Float64Array(INFORMATIVE);
  for (let row = 0; row < count; row++) {
    const isAnomalous = random.unit() < ANOMALOUS_SHARE;
    const { centre, mixing } = clusters[random.below(CLUSTERS) + (isAnomalous ? CLUSTERS : 0)]!;
    const out = values.subarray(row * COLUMNS, (row + 1) * COLUMNS);
    for (let column = 0; column < INFORMATIVE; column++) noise[column] = gaussian(random);
    for (let column = 0; column < INFORMATIVE; column++) out[column] = centre[column]! + product(mixing, column, noise);
    for (let sum = 0; sum < REDUNDANT; sum++) out[INFORMATIVE + sum] = product(combining, sum, out);
    for (let column = INFORMATIVE + REDUNDANT; column < COLUMNS; column++) out[column] = gaussian(random);
    out[0] = Math.round(3 * out[0]!);
    out[1] = Math.exp(out[1]!);
    labels[row] = isAnomalous === random.unit() < WRONG_LABELS ? 0 : 1;
  }
  return { values, labels, columns: COLUMNS, count };
};

const product = (matrix: Float64Array, row: number, vector: ArrayLike<number>): number => {
  let sum = 0;
  for (let column = 0; column < INFORMATIVE; column++) sum += matrix[row * INFORMATIVE + column]! * vector[column]!;
  return sum;
};

/** Box and Muller's. */
const gaussian = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());

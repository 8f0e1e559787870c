/** A vector is `shingleSize` rows of `featureCount` values, oldest first. */
export type VectorShape = { featureCount: number; shingleSize: number };

/**
 * Rows that tell what each feature adds to a score: for each vector the vector itself, then one copy per feature with
 * that feature at the reference centre (0 after scaling) in every row of the shingle. This is "feature ablation", which
 * needs nothing of the model but its output. Returns rowCount × (1 + featureCount) vectors, row-major.
 */
export const substituteRows = (vectors: Float32Array, rowCount: number, shape: VectorShape): Float32Array => {
  const { featureCount } = shape;
  const columns = featureCount * shape.shingleSize;
  const rows = new Float32Array(rowCount * (featureCount + 1) * columns);
  for (let row = 0; row < rowCount; row++) {
    const vector = vectors.subarray(row * columns, (row + 1) * columns);
    const base = row * (featureCount + 1) * columns;
    rows.set(vector, base);
    for (let feature = 0; feature < featureCount; feature++) {
      const start = base + (feature + 1) * columns;
      rows.set(vector, start);
      for (let column = feature; column < columns; column += featureCount) rows[start + column] = 0;
    }
  }
  return rows;
};

/**
 * Turns the scores of `substituteRows` into shares, written to `out` (rowCount × featureCount): how far the score
 * drops without the feature, as a part of all drops. Where no substitution lowers the score, the features share by their
 * distance from the centre, and equally when they all sit on it.
 */
export const featureShares = (
  vectors: Float32Array,
  rowCount: number,
  shape: VectorShape,
  scores: Float64Array,
  out: Float64Array,
): void => {
  const { featureCount } = shape;
  const columns = featureCount * shape.shingleSize;
  for (let row = 0; row < rowCount; row++) {
    const shares = out.subarray(row * featureCount, (row + 1) * featureCount);
    const base = row * (featureCount + 1);
    for (let feature = 0; feature < featureCount; feature++) {
      shares[feature] = Math.max(0, scores[base]! - scores[base + 1 + feature]!);
    }
    if (normaliseShares(shares)) continue;
    distances(vectors.subarray(row * columns, (row + 1) * columns), shares);
    if (!normaliseShares(shares)) shares.fill(1 / featureCount);
  }
};

/** Divides by the sum; false when there is nothing to share. */
export const normaliseShares = (shares: Float64Array): boolean => {
  let sum = 0;
  for (const share of shares) sum += share;
  if (!(sum > 0)) return false;
  for (let feature = 0; feature < shares.length; feature++) shares[feature] = shares[feature]! / sum;
  return true;
};

const distances = (vector: Float32Array, out: Float64Array): void => {
  out.fill(0);
  for (let column = 0; column < vector.length; column++) {
    const distance = Math.abs(vector[column]!);
    const feature = column % out.length;
    if (Number.isFinite(distance)) out[feature] = out[feature]! + distance;
  }
};

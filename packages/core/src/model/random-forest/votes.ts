/** Bits of a float32's significand. */
const FLOAT32_BITS = 24;

/**
 * P(anomalous) of a leaf, rounded so that the sum over all trees has no rounding error in float32: then ONNX Runtime,
 * this code, and threads that add in another order all get the same sum. The step is 2⁻¹⁷ for 100 trees, 2⁻¹⁴ for
 * 1,000.
 */
export const roundedVote = (probability: number, trees: number): number => {
  const steps = 2 ** Math.floor(FLOAT32_BITS - Math.log2(trees));
  return Math.round(probability * steps) / steps;
};

/** Half a tree on either side keeps the score finite where all trees agree (Krichevsky, Trofimov 1981). */
export const HALF_TREE = 0.5;

/**
 * Raw score: −ln P(normal) = ln((t + 1) / (t − s + ½)) for votes s of t trees. P(anomalous) itself would have no
 * resolution left near 1, where it matters, and the scores of normal rows fall off about exponentially, as calibration
 * takes them to.
 */
export const surprise = (votes: number, trees: number): number =>
  Math.log((trees + 2 * HALF_TREE) / (trees - votes + HALF_TREE));

/**
 * Polynomial in the backshift operator B, lag → coefficient, only those that are not 0: 1 − 0.5·B¹² is {0: 1, 12: −0.5}.
 * Sparse, because a daily season of minutes has a lag of 1,440.
 */
export type LagPolynomial = ReadonlyMap<number, number>;

export const ONE: LagPolynomial = new Map([[0, 1]]);

/** 1 + sign·(c₁·Bˢ + c₂·B²ˢ + …): sign −1 for an autoregressive part, +1 for a moving average; s is 1 or the season. */
export const lagPolynomial = (coefficients: ArrayLike<number>, sign: 1 | -1, spacing = 1): LagPolynomial => {
  const terms = new Map([[0, 1]]);
  for (let at = 0; at < coefficients.length; at++) terms.set((at + 1) * spacing, sign * coefficients[at]!);
  return terms;
};

/** (1 − B)(1 − B²) is 1 − B − B² + B³. */
export const multiply = (a: LagPolynomial, b: LagPolynomial): LagPolynomial => {
  const product = new Map<number, number>();
  for (const [lagA, coefficientA] of a) {
    for (const [lagB, coefficientB] of b) {
      product.set(lagA + lagB, (product.get(lagA + lagB) ?? 0) + coefficientA * coefficientB);
    }
  }
  for (const [lag, coefficient] of product) if (coefficient === 0) product.delete(lag);
  return product;
};

/** (1 − B)^d (1 − Bˢ)^D. */
export const differencing = (order: number, seasonalOrder: number, period: number): LagPolynomial => {
  let product = ONE;
  for (let at = 0; at < order; at++) product = multiply(product, lagPolynomial([1], -1));
  for (let at = 0; at < seasonalOrder; at++) product = multiply(product, lagPolynomial([1], -1, period));
  return product;
};

/** The polynomial of a series: out[t] = Σ c_k · series[t − k], shorter by its degree, so that no value is made up. */
export const applied = (polynomial: LagPolynomial, series: Float64Array): Float64Array => {
  const degree = degreeOf(polynomial);
  const out = new Float64Array(Math.max(0, series.length - degree));
  for (const [lag, coefficient] of polynomial) {
    for (let at = 0; at < out.length; at++) out[at] = out[at]! + coefficient * series[at + degree - lag]!;
  }
  return out;
};

export const degreeOf = (polynomial: LagPolynomial): number => Math.max(...polynomial.keys());

/**
 * Whether all roots of 1 − c₁B − c₂B² − … lie outside the unit circle, by the reversed Durbin–Levinson recursion: the
 * partial autocorrelations must all be smaller than 1 (Monahan 1984). Stationary for autoregressive coefficients; for moving
 * averages the negated ones say whether the model is invertible. `margin` keeps that far from 1.
 */
export const isStable = (coefficients: ArrayLike<number>, margin = 0): boolean => {
  const work = Float64Array.from(coefficients);
  for (let order = work.length; order > 0; order--) {
    const partial = work[order - 1]!;
    if (!(Math.abs(partial) < 1 - margin)) return false;
    const previous = work.slice(0, order - 1);
    for (let at = 0; at < order - 1; at++) {
      work[at] = (previous[at]! + partial * previous[order - 2 - at]!) / (1 - partial ** 2);
    }
  }
  return true;
};

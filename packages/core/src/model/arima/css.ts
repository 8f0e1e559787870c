import { type LagPolynomial, lagPolynomial, multiply } from "../linear/polynomial.ts";

/** Orders of ARIMA(p, d, q)(P, D, Q)ₛ; `period` is s, 0 without a season; `hasConstant`: the differenced series has a mean. */
export type ArimaOrder = {
  p: number;
  d: number;
  q: number;
  seasonalP: number;
  seasonalD: number;
  seasonalQ: number;
  period: number;
  hasConstant: boolean;
};

/** Coefficients in the signs of statsmodels and R: w_t − μ = φ₁(w_{t−1} − μ) + … + e_t + θ₁e_{t−1} + … */
export type ArimaCoefficients = {
  ar: Float64Array;
  ma: Float64Array;
  seasonalAr: Float64Array;
  seasonalMa: Float64Array;
  /** Mean of the differenced series. */
  mean: number;
};

export const parameterCount = ({ p, q, seasonalP, seasonalQ, hasConstant }: ArimaOrder): number =>
  p + q + seasonalP + seasonalQ + (hasConstant ? 1 : 0);

/** The parameters as one vector: ar, ma, seasonal ar, seasonal ma, mean. */
export const unpack = (order: ArimaOrder, parameters: Float64Array): ArimaCoefficients => {
  const { p, q, seasonalP, seasonalQ, hasConstant } = order;
  const seasonal = p + q;
  return {
    ar: parameters.subarray(0, p),
    ma: parameters.subarray(p, seasonal),
    seasonalAr: parameters.subarray(seasonal, seasonal + seasonalP),
    seasonalMa: parameters.subarray(seasonal + seasonalP, seasonal + seasonalP + seasonalQ),
    mean: hasConstant ? parameters[parameters.length - 1]! : 0,
  };
};

export type Residuals = { residuals: Float64Array; squares: number };

/**
 * Residuals of a differenced series w, conditional on its first `skipped` values and on residuals of 0 there (Box, Jenkins,
 * Reinsel, 7.1.2), and the sum of their squares: what "CSS" minimises. `skipped` ≥ p + P·s, R's `n.cond`.
 */
export const conditionalResiduals = (
  w: Float64Array,
  order: ArimaOrder,
  parameters: Float64Array,
  skipped: number,
): Residuals => {
  const coefficients = unpack(order, parameters);
  const ar = multiply(lagPolynomial(coefficients.ar, -1), lagPolynomial(coefficients.seasonalAr, -1, order.period));
  const residuals = new Float64Array(w.length);
  for (const [lag, coefficient] of ar) {
    for (let at = skipped; at < w.length; at++) {
      residuals[at] = residuals[at]! + coefficient * (w[at - lag]! - coefficients.mean);
    }
  }
  divideByMa(residuals, maPolynomial(order, coefficients), skipped);
  let squares = 0;
  for (const residual of residuals) squares += residual * residual;
  return { residuals, squares };
};

/**
 * Derivative of each residual by each parameter, one array per parameter. Each is a filtered series: by φ_i, −Φ(Bˢ)(w − μ)
 * delayed by i; by θ_i, −Θ(Bˢ)e delayed by i; by a seasonal coefficient the same with φ(B), θ(B) and s; by μ, −φ(1)Φ(1);
 * all divided by θ(B)Θ(Bˢ).
 */
export const residualDerivatives = (
  w: Float64Array,
  order: ArimaOrder,
  parameters: Float64Array,
  skipped: number,
  residuals: Float64Array,
): Float64Array[] => {
  const coefficients = unpack(order, parameters);
  const deviations = w.map((value) => value - coefficients.mean);
  const bySeasonalAr = lagPolynomial(coefficients.seasonalAr, -1, order.period);
  const byAr = lagPolynomial(coefficients.ar, -1);
  const delayedParts: [series: Float64Array, filter: LagPolynomial, count: number, spacing: number][] = [
    [deviations, bySeasonalAr, order.p, 1],
    [residuals, lagPolynomial(coefficients.seasonalMa, 1, order.period), order.q, 1],
    [deviations, byAr, order.seasonalP, order.period],
    [residuals, lagPolynomial(coefficients.ma, 1), order.seasonalQ, order.period],
  ];
  const derivatives = delayedParts.flatMap(([series, filter, count, spacing]) =>
    Array.from({ length: count }, (_, at) => delayed(series, filter, (at + 1) * spacing, skipped)),
  );
  if (order.hasConstant) {
    const gain = [...multiply(byAr, bySeasonalAr).values()].reduce((sum, coefficient) => sum + coefficient, 0);
    derivatives.push(new Float64Array(w.length).fill(-gain, skipped));
  }
  const ma = maPolynomial(order, coefficients);
  for (const derivative of derivatives) divideByMa(derivative, ma, skipped);
  return derivatives;
};

const maPolynomial = (order: ArimaOrder, { ma, seasonalMa }: ArimaCoefficients): LagPolynomial =>
  multiply(lagPolynomial(ma, 1), lagPolynomial(seasonalMa, 1, order.period));

/** −filter(B)·series, `delay` later, from `skipped` on; what lies before the series is 0. */
const delayed = (series: Float64Array, filter: LagPolynomial, delay: number, skipped: number): Float64Array => {
  const out = new Float64Array(series.length);
  for (const [lag, coefficient] of filter) {
    for (let at = Math.max(skipped, lag + delay); at < out.length; at++) {
      out[at] = out[at]! - coefficient * series[at - delay - lag]!;
    }
  }
  return out;
};

/** Divides a series by the moving-average polynomial in place: x_t ← x_t − Σ θ_k·x_{t−k}, from `skipped` on. */
const divideByMa = (series: Float64Array, ma: LagPolynomial, skipped: number): void => {
  const earlier = [...ma].filter(([lag]) => lag > 0);
  if (earlier.length === 0) return;
  const lags = Int32Array.from(earlier, ([lag]) => lag);
  const coefficients = Float64Array.from(earlier, ([, coefficient]) => coefficient);
  for (let at = skipped; at < series.length; at++) {
    let value = series[at]!;
    for (let term = 0; term < lags.length; term++) {
      const from = at - lags[term]!;
      if (from >= skipped) value -= coefficients[term]! * series[from]!;
    }
    series[at] = value;
  }
};

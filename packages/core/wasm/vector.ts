/** a · b + c; rounded once where the build has relaxed SIMD and the processor fused multiply-add, else twice. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * tanh as x · P(x²) / Q(x²) of degrees 9 and 8 on ±8, error below 3.2e-7 in float32, never beyond ±1. Minimax coefficients
 * fitted for this file: `tanh-fit.py`. pmin and pmax are one instruction each; min and max are many, for NaN and −0.
 */
// @ts-ignore: decorator
@inline
export function tanh4(value: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(value, f32x4.splat(8)), f32x4.splat(-8));
  const s = f32x4.mul(x, x);
  let p = multiplyAdd(s, f32x4.splat(1.5061748309523728e-8), f32x4.splat(2.1773201125654166e-5));
  p = multiplyAdd(s, p, f32x4.splat(0.0035641533834452404));
  p = multiplyAdd(s, p, f32x4.splat(0.13438188818789165));
  p = multiplyAdd(s, p, f32x4.splat(0.999999969980678));
  let q = multiplyAdd(s, f32x4.splat(8.453636592445285e-7), f32x4.splat(0.00033991749266318875));
  q = multiplyAdd(s, q, f32x4.splat(0.02613600522033939));
  q = multiplyAdd(s, q, f32x4.splat(0.46771509593547633));
  q = multiplyAdd(s, q, f32x4.splat(1));
  return f32x4.div(f32x4.mul(x, p), q);
}

/** 1 / (1 + e^−x) = (1 + tanh(x / 2)) / 2. */
// @ts-ignore: decorator
@inline
export function sigmoid4(value: v128): v128 {
  const half = f32x4.splat(0.5);
  return multiplyAdd(tanh4(f32x4.mul(value, half)), half, half);
}

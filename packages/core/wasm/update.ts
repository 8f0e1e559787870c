import { gradientsAt, momentsAt, parameterCount, squaresAt, weightsAt } from "./memory";
import { multiplyAdd } from "./vector";

/** Sum of the gradient's squares, for clipping by norm. */
export function gradientSquares(): f64 {
  let sum = f32x4.splat(0);
  const end = gradientsAt + (<usize>parameterCount << 2);
  for (let at = gradientsAt; at < end; at += 16) {
    const gradient = v128.load(at);
    sum = multiplyAdd(gradient, gradient, sum);
  }
  return (
    <f64>f32x4.extract_lane(sum, 0) +
    <f64>f32x4.extract_lane(sum, 1) +
    <f64>f32x4.extract_lane(sum, 2) +
    <f64>f32x4.extract_lane(sum, 3)
  );
}

/**
 * Adam (Kingma, Ba 2015) with its constants β₁ = 0.9, β₂ = 0.999, ε = 1e-8. The caller corrects the bias of step k:
 * rate = lr / (1 − β₁^k), root = 1 / √(1 − β₂^k). `scale` multiplies the gradient.
 */
export function adam(rate: f32, root: f32, scale: f32): void {
  const keepMoment = f32x4.splat(0.9);
  const addMoment = f32x4.splat(0.1);
  const keepSquare = f32x4.splat(0.999);
  const addSquare = f32x4.splat(0.001);
  const epsilon = f32x4.splat(1e-8);
  const end = <usize>parameterCount << 2;
  for (let at: usize = 0; at < end; at += 16) {
    const g = f32x4.mul(v128.load(gradientsAt + at), f32x4.splat(scale));
    const m = multiplyAdd(keepMoment, v128.load(momentsAt + at), f32x4.mul(addMoment, g));
    const s = multiplyAdd(keepSquare, v128.load(squaresAt + at), f32x4.mul(addSquare, f32x4.mul(g, g)));
    v128.store(momentsAt + at, m);
    v128.store(squaresAt + at, s);
    const divisor = multiplyAdd(f32x4.sqrt(s), f32x4.splat(root), epsilon);
    const step = f32x4.div(f32x4.mul(m, f32x4.splat(rate)), divisor);
    v128.store(weightsAt + at, f32x4.sub(v128.load(weightsAt + at), step));
  }
}

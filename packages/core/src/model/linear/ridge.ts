import { choleskyFactor, choleskyInverse, choleskySolve } from "./cholesky.ts";

/** Sums over observations of inputs x and outputs y: Σ x·xᵀ (inputs × inputs) and Σ x·yᵀ (inputs × outputs), row-major. */
export type RidgeSums = { inputs: number; outputs: number; xx: Float64Array; xy: Float64Array };
export type RidgeSolution = {
  /** Row-major inputs × outputs: ŷ = Wᵀ·x. */
  weights: Float64Array;
  /** How many free parameters the fit of one output amounts to: `inputs` without a penalty, falling to 0 as it grows. */
  degreesOfFreedom: number;
};

/**
 * Ridge regression (Hoerl, Kennard 1970) from sums: W = (X'X + penalty·I)⁻¹ X'Y, all outputs by one Cholesky factor.
 * Degrees of freedom: tr(X(X'X + penalty·I)⁻¹X') = inputs − penalty·tr((X'X + penalty·I)⁻¹) (Hastie, Tibshirani, Friedman,
 * "The Elements of Statistical Learning", 3.50). Throws `VALIDATION` when the penalised matrix is singular.
 * X'X = [[2]], X'Y = [[4]], penalty 2 gives W = [[1]] and half a degree of freedom.
 */
export const solveRidge = ({ inputs, outputs, xx, xy }: RidgeSums, penalty: number): RidgeSolution => {
  const penalised = xx.slice();
  for (let at = 0; at < inputs; at++) penalised[at * inputs + at] = penalised[at * inputs + at]! + penalty;
  const factor = choleskyFactor(penalised, inputs);
  const inverse = choleskyInverse(factor, inputs);
  let trace = 0;
  for (let at = 0; at < inputs; at++) trace += inverse[at * inputs + at]!;
  return { weights: choleskySolve(factor, inputs, xy, outputs), degreesOfFreedom: inputs - penalty * trace };
};

/** Coefficients of Wichura's algorithm AS 241, PPND7 (Applied Statistics 37, 1988): about seven digits. */
const CENTRE = [
  [3.3871327179, 50.434271938, 159.29113202, 59.10937472],
  [1, 17.895169469, 78.757757664, 67.1875636],
] as const;
const NEAR_TAIL = [
  [1.4234372777, 2.75681539, 1.3067284816, 0.17023821103],
  [1, 0.7370016425, 0.12021132975],
] as const;
const FAR_TAIL = [
  [6.657905115, 3.081226386, 0.42868294337, 0.017337203997],
  [1, 0.24197894225, 0.012258202635],
] as const;
type Rational = readonly [readonly number[], readonly number[]];

/** Quantile of the standard normal distribution: 1.95996 for 0.975. Takes shares between 0 and 1, without the ends. */
export const normalQuantile = (share: number): number => {
  const fromCentre = share - 0.5;
  if (Math.abs(fromCentre) <= 0.425) return fromCentre * rational(CENTRE, 0.180625 - fromCentre ** 2);
  const distance = Math.sqrt(-Math.log(Math.min(share, 1 - share)));
  const quantile = distance <= 5 ? rational(NEAR_TAIL, distance - 1.6) : rational(FAR_TAIL, distance - 5);
  return Math.sign(fromCentre) * quantile;
};

const rational = ([numerator, denominator]: Rational, x: number): number =>
  polynomial(numerator, x) / polynomial(denominator, x);

/** Horner's scheme, the constant first. */
const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);

/**
 * Two-sided tail of Student's t: P(|T| ≥ |t|) = I(ν / (ν + t²); ν/2, 1/2), by the regularised incomplete beta function
 * (Abramowitz & Stegun 26.7.1 and 26.5.8). Exact to about 12 digits for ν from 3 to some thousands.
 */
export const studentTail = (t: number, freedom: number): number => {
  const x = freedom / (freedom + t * t);
  return Math.min(1, incompleteBeta(x, freedom / 2, 0.5));
};

/** I(x; a, b). The fraction converges fast for x below (a + 1) / (a + b + 2); beyond it I(x; a, b) = 1 − I(1 − x; b, a). */
const incompleteBeta = (x: number, a: number, b: number): number => {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const logFront = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  if (x > (a + 1) / (a + b + 2)) return 1 - (Math.exp(logFront) * continuedFraction(1 - x, b, a)) / b;
  return (Math.exp(logFront) * continuedFraction(x, a, b)) / a;
};

const STEPS = 300;
const ENOUGH = 1e-14;
const NOT_ZERO = 1e-300;

/** A&S 26.5.8, evaluated by Lentz's method (Thompson & Barnett 1986). */
const continuedFraction = (x: number, a: number, b: number): number => {
  const held = (value: number) => (Math.abs(value) < NOT_ZERO ? NOT_ZERO : value);
  let c = 1;
  let d = 1 / held(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let change = 1;
    for (const term of [even, odd]) {
      d = 1 / held(1 + term * d);
      c = held(1 + term / c);
      change = c * d;
      value *= change;
    }
    if (Math.abs(change - 1) < ENOUGH) break;
  }
  return value;
};

/** Lanczos' approximation with g = 7 and nine terms (coefficients of Godfrey 2001), for x ≥ 0.5. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const logGamma = (x: number): number => {
  const shifted = x - 1;
  const base = shifted + 7.5;
  const sum = LANCZOS.reduce(
    (total, coefficient, at) => total + (at === 0 ? coefficient : coefficient / (shifted + at)),
    0,
  );
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(sum);
};

/**
 * The least count that a Poisson variable of this mean passes with at most the given probability: sums the probabilities
 * e^(−λ) λ^k / k!, from the mode's logarithm on so that large means do not underflow.
 */
export const poissonUpper = (mean: number, probability: number): number => {
  if (mean <= 0) return 0;
  let count = 0;
  let logTerm = -mean;
  let below = Math.exp(logTerm);
  while (below < 1 - probability && count < mean + LARGE_DEVIATIONS * Math.sqrt(mean) + LARGE_DEVIATIONS) {
    count++;
    logTerm += Math.log(mean / count);
    below += Math.exp(logTerm);
  }
  return count;
};

/** Sums of small terms may stay below what is asked for by rounding alone: no count is so far from its mean. */
const LARGE_DEVIATIONS = 12;

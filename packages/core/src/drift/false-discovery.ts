/**
 * Which hypotheses are kept at false discovery rate `rate` (Benjamini & Hochberg 1995): those up to the largest p that is at
 * most its rank's share of the rate. With many features some are always over their limits by chance.
 */
export const keptDiscoveries = (pValues: readonly number[], rate: number): boolean[] => {
  const sorted = [...pValues].sort((a, b) => a - b);
  const last = sorted.findLastIndex((p, at) => p <= (rate * (at + 1)) / sorted.length);
  const largest = last < 0 ? Number.NEGATIVE_INFINITY : sorted[last]!;
  return pValues.map((p) => p <= largest);
};

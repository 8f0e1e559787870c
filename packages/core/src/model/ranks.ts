/** The weights of the strangest of `count` metrics, as many as there are, with a sum of 1. */
export const rankShares = (ranks: readonly number[], count: number): number[] => {
  const used = ranks.slice(0, count);
  const sum = used.reduce((total, weight) => total + weight, 0);
  return used.map((weight) => weight / sum);
};

/** Sequence numbers are decimal without leading zeros: the longer one is the later one. Negative, 0 or positive. */
export const compareSequence = (a: string, b: string): number => {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
};

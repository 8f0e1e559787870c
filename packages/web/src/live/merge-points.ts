import type { Point } from "../api/shapes.ts";

/** Newly fetched points win over known ones of the same time; the newest `limit` stay, ascending. */
export const mergePoints = (known: readonly Point[], fetched: readonly Point[], limit: number): Point[] => {
  const firstFetched = fetched[0]?.timestamp ?? Number.POSITIVE_INFINITY;
  const lastFetched = fetched.at(-1)?.timestamp ?? Number.NEGATIVE_INFINITY;
  const before = known.filter(({ timestamp }) => timestamp < firstFetched);
  const after = known.filter(({ timestamp }) => timestamp > lastFetched && timestamp >= firstFetched);
  return [...before, ...fetched, ...after].slice(-limit);
};

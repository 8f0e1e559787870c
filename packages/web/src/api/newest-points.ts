import type { Points } from "./shapes.ts";

/** Asks for the newest `rows` points, as often as it takes: an answer holds some 5 MB at most. */
export const newestPoints = async (
  ask: (query: { limit: number; cursor: string | null }) => Promise<Points>,
  rows: number,
): Promise<Points> => {
  let all = await ask({ limit: rows, cursor: null });
  while (all.cursor !== null && all.points.length < rows) {
    const before = await ask({ limit: rows - all.points.length, cursor: all.cursor });
    const points = [...before.points, ...all.points].sort((a, b) => a.timestamp - b.timestamp);
    all = { ...all, points, cursor: before.cursor };
  }
  return all;
};

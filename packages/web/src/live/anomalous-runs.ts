import type { Point } from "../api/shapes.ts";

export type Run = { fromMs: number; toMs: number };

/** Stretches of consecutive anomalous rows. */
export const anomalousRuns = (points: readonly Point[]): Run[] =>
  points.reduce<Run[]>((runs, { timestamp, grade }, i) => {
    const open = (points[i - 1]?.grade ?? 0) > 0 ? runs.at(-1) : undefined;
    if (grade > 0 && open) open.toMs = timestamp;
    if (grade > 0 && !open) runs.push({ fromMs: timestamp, toMs: timestamp });
    return runs;
  }, []);

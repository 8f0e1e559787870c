/** The longest pause between two attempts while the API is away. */
const LONGEST_PAUSE_MS = 30_000;

/** Pause before the next poll: the interval, doubled for each failure in a row. */
export const pauseMs = (intervalMs: number, failuresInARow: number): number =>
  Math.max(intervalMs, Math.min(LONGEST_PAUSE_MS, intervalMs * 2 ** failuresInARow));

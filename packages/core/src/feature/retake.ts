import { type Extraction, type RowCounts, takeRow } from "./extract.ts";
import { pushRow, RowState } from "./rows.ts";
import type { FeatureState } from "./state.ts";
import { pushWindow, rememberKnown } from "./window.ts";

/** A row as its series keeps it: with its values, NaN where one is missing; of an imputed row with what stands in for them. */
export type KeptRow = { timestampMs: number; state: RowState; values: ArrayLike<number> };

/** Takes a row that was made of events before: the window moves, and the vector is built, as they did then. */
export const retakeRow = (
  to: Extraction,
  state: FeatureState,
  counts: RowCounts,
  kept: KeptRow,
  cause: number,
): void => {
  const { plan, rows } = to;
  const { timestampMs } = kept;
  const values = Float64Array.from(kept.values);
  if (kept.state === RowState.imputed) {
    if (state.lastValues.length > 0) rememberKnown(state, values, timestampMs);
    pushWindow(plan, state, values, timestampMs);
    counts.imputed++;
    pushRow(rows, timestampMs, RowState.imputed, values, cause);
  } else {
    if (kept.state === RowState.skipped) refillGap(to, state, timestampMs);
    takeRow(to, state, counts, values, timestampMs, cause);
  }
  if (plan.intervalMs > 0) state.closedUntilMs = timestampMs + plan.intervalMs;
};

/** Of a gap one row is kept, its last; under `linear` each row of it is in the window. */
const refillGap = ({ plan }: Extraction, state: FeatureState, lastMs: number): void => {
  if (plan.missing !== "linear" || plan.intervalMs === 0 || state.closedUntilMs === 0) return;
  const before = Math.round((lastMs - state.closedUntilMs) / plan.intervalMs);
  const missing = new Float64Array(plan.names.length).fill(Number.NaN);
  for (let back = Math.min(before, plan.shingleSize - 1); back >= 1; back--) {
    pushWindow(plan, state, missing, lastMs - back * plan.intervalMs);
  }
};

import type { Plan } from "./plan.ts";
import type { FeatureState } from "./state.ts";

/** Shifts the window by one row. Values may be NaN under `linear`, until `interpolate` knows them. */
export const pushWindow = (plan: Plan, state: FeatureState, row: Float64Array, timestampMs: number): void => {
  const features = plan.names.length;
  const { window, windowTimes } = state;
  if (plan.shingleSize > 1) window.copyWithin(0, features);
  const last = window.length - features;
  for (let feature = 0; feature < features; feature++) window[last + feature] = row[feature]!;
  if (state.filled < plan.shingleSize) state.filled++;
  if (windowTimes.length === 0) return;
  windowTimes.copyWithin(0, 1);
  windowTimes[windowTimes.length - 1] = timestampMs;
};

/** A row was left out: a vector must not reach across it. */
export const breakWindow = (state: FeatureState): void => {
  state.filled = 0;
};

/** Notes the known values of a row; NaN leaves what was known before. */
export const rememberKnown = (state: FeatureState, row: Float64Array, timestampMs: number): void => {
  const { lastValues, lastTimes } = state;
  for (let feature = 0; feature < lastValues.length; feature++) {
    if (Number.isNaN(row[feature])) continue;
    lastValues[feature] = row[feature]!;
    if (lastTimes.length > 0) lastTimes[feature] = timestampMs;
  }
};

/**
 * `linear`: with the row's values known, fills the missing ones of the rows before it on the straight line, by time, from
 * the last known value. Comes before `rememberKnown` of the row. Rows before the first known value stay missing.
 */
export const interpolate = (plan: Plan, state: FeatureState, row: Float64Array, timestampMs: number): void => {
  const features = plan.names.length;
  const { window, windowTimes, lastValues, lastTimes } = state;
  for (let feature = 0; feature < features; feature++) {
    const from = lastValues[feature]!;
    const to = row[feature]!;
    if (Number.isNaN(from) || Number.isNaN(to)) continue;
    const fromMs = lastTimes[feature]!;
    for (let back = 1; back <= state.filled; back++) {
      const at = (plan.shingleSize - back) * features + feature;
      if (!Number.isNaN(window[at])) continue;
      // Observations may arrive out of order, so that the point lies outside the line's ends.
      const share = (windowTimes[plan.shingleSize - back]! - fromMs) / (timestampMs - fromMs || 1);
      const bounded = Math.max(0, Math.min(1, share));
      window[at] = from * (1 - bounded) + to * bounded;
    }
  }
};

/** Rows that are still needed until a vector can be built. */
export const rowsUntilFull = (plan: Plan, state: FeatureState): number => {
  if (plan.missing !== "linear") return plan.shingleSize - state.filled;
  const features = plan.names.length;
  const start = (plan.shingleSize - state.filled) * features;
  for (let at = state.window.length - 1; at >= start; at--) {
    // Everything from this row on must leave the window first.
    if (Number.isNaN(state.window[at])) return Math.floor(at / features) + 1;
  }
  return plan.shingleSize - state.filled;
};

import type { OnlineContext, OnlineVerdict } from "../family.ts";
import type { StreamState } from "./state.ts";
import { OUTPUT_AFTER, updateStream } from "./update.ts";

/** Rows before the first score: until the first feature has as many. */
export const rowsUntilWarm = (states: readonly StreamState[]): number =>
  Math.max(0, OUTPUT_AFTER - Math.max(...states.map(({ rows }) => rows)));

/** So long after its report a feature's trouble keeps an incident open: two hours of rows every five minutes. */
const CONTINUED_ROWS = 24;

/**
 * One state per feature. The row scores what its strangest feature does, lowered by the logarithm of their number: the
 * strangest of k independent features is k times as often as strange as one (Bonferroni). Features that score share the
 * blame by what they score. Each pauses learning for its own trouble, not for that of others; that an incident is open
 * says nothing more.
 */
export const updateFeatures = (
  states: readonly StreamState[],
  values: Float64Array,
  at: number,
  { timestampMs, threshold }: OnlineContext,
  out: OnlineVerdict,
): void => {
  const handicap = Math.log10(states.length);
  let strongest = 0;
  let evidence = 0;
  let sum = 0;
  for (let feature = 0; feature < states.length; feature++) {
    const state = states[feature]!;
    const row = updateStream(state, values[at + feature]!, timestampMs, threshold + handicap);
    out.expected[feature] = row.expected;
    out.lower[feature] = row.lower;
    out.upper[feature] = row.upper;
    out.shares[feature] = row.score;
    strongest = Math.max(strongest, row.score);
    if (state.pausedRows > 0 && state.pausedRows < CONTINUED_ROWS) evidence = Math.max(evidence, row.evidence);
    sum += row.score;
  }
  for (let feature = 0; feature < states.length; feature++) {
    out.shares[feature] = sum > 0 ? out.shares[feature]! / sum : 1 / states.length;
  }
  out.evidence = Math.max(0, evidence - handicap);
  out.score = Math.max(0, strongest - handicap);
};

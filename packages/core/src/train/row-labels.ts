import type { Label } from "../store/labels.ts";

/** What labels make of a row's time: 1 anomalous, 0 normal, `null` unknown. */
export type LabelAt = (timestampMs: number) => 0 | 1 | null;

const UNKNOWN = -1;

/** Of one series: its labels are painted over each other, what holds last; a row then costs one binary search. */
export const labelAt = (labels: readonly Label[]): LabelAt => {
  const bounds = Float64Array.from(new Set(labels.flatMap(({ fromMs, toMs }) => [fromMs, toMs]))).sort();
  // What holds from each bound up to the next one.
  const painted = new Int8Array(bounds.length).fill(UNKNOWN);
  for (const { fromMs, toMs, label } of labels.toSorted(weakerFirst)) {
    painted.fill(label === "anomalous" ? 1 : 0, firstAbove(bounds, fromMs) - 1, firstAbove(bounds, toMs) - 1);
  }
  return (timestampMs) => {
    const value = painted[firstAbove(bounds, timestampMs) - 1] ?? UNKNOWN;
    return value === UNKNOWN ? null : (value as 0 | 1);
  };
};

/** Of two made at once, the wider one is the weaker. */
const weakerFirst = (a: Label, b: Label): number =>
  a.createdAtMs - b.createdAtMs || b.toMs - b.fromMs - (a.toMs - a.fromMs) || a.fromMs - b.fromMs;

/** Place of the first bound above the value. */
const firstAbove = (bounds: Float64Array, value: number): number => {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bounds[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
};

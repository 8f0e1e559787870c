import type { Random } from "../random.ts";
import type { BinnedRows } from "./bins.ts";
import { type Histogram, listBins, listMarkedBins } from "./histogram.ts";
import type { Split } from "./split.ts";

/** An entry is one row of a sample in 32 bits: its number, how often it was drawn, its label. */
const ROW_BITS = 24;
const ROW_MASK = 2 ** ROW_BITS - 1;
const DRAWS_MASK = 127;
const LABEL_BIT = 31;

/** Below so many rows it is cheaper to mark the bins in use than to look through all of them. */
const FEW_ROWS = 96;

/** Rows of a sample, and the bins that their entries number, column by column. */
export type Sample = { bins: Uint8Array; stride: number; entries: Int32Array };

/** How often each row is drawn when as many rows are drawn, with replacement, as there are (Breiman 1996). */
export const drawBootstrap = (random: Random, draws: Uint8Array): void => {
  draws.fill(0);
  const perUnit = draws.length / 2 ** 32;
  for (let drawn = 0; drawn < draws.length; drawn++) {
    const row = Math.floor(random.uint32() * perUnit);
    // More than 127 draws of one row have a probability below 1e-200.
    draws[row] = draws[row]! + 1;
  }
};

/** Entries of the rows that were drawn, in order; returns how many there are, and how many draws of each label. */
export const fillEntries = ({ labels }: BinnedRows, draws: Uint8Array, entries: Int32Array) => {
  let [end, normal, anomalous] = [0, 0, 0];
  for (let row = 0; row < draws.length; row++) {
    const times = draws[row]!;
    if (times === 0) continue;
    entries[end++] = row | (times << ROW_BITS) | (labels[row]! << LABEL_BIT);
    if (labels[row] === 1) anomalous += times;
    else normal += times;
  }
  return { end, normal, anomalous };
};

/** Counts one feature of the entries from `start` to `end` into an empty histogram. */
export const countFeature = (
  { bins, stride, entries }: Sample,
  feature: number,
  start: number,
  end: number,
  histogram: Histogram,
): void => {
  const { slots, words } = histogram;
  const base = feature * stride;
  if (end - start >= FEW_ROWS) {
    for (let at = start; at < end; at++) {
      const entry = entries[at]!;
      const slot = (bins[base + (entry & ROW_MASK)]! << 1) | (entry >>> LABEL_BIT);
      slots[slot] = slots[slot]! + ((entry >>> ROW_BITS) & DRAWS_MASK);
    }
    listBins(histogram);
    return;
  }
  for (let at = start; at < end; at++) {
    const entry = entries[at]!;
    const bin = bins[base + (entry & ROW_MASK)]!;
    const slot = (bin << 1) | (entry >>> LABEL_BIT);
    slots[slot] = slots[slot]! + ((entry >>> ROW_BITS) & DRAWS_MASK);
    words[bin >> 5] = words[bin >> 5]! | (1 << (bin & 31));
  }
  listMarkedBins(histogram);
};

/** Copies entries and their rows behind each other; the copied entries number the copied rows. */
export const copyRows = (rows: BinnedRows, from: Int32Array, start: number, end: number, copies: Sample): void => {
  const { byRow, columns } = rows;
  const { bins, stride, entries } = copies;
  for (let at = start; at < end; at++) {
    const entry = from[at]!;
    const copy = at - start;
    const base = (entry & ROW_MASK) * columns;
    for (let column = 0; column < columns; column++) bins[column * stride + copy] = byRow[base + column]!;
    entries[copy] = (entry & ~ROW_MASK) | copy;
  }
};

/** Moves the entries that go left to the front, both sides in their order; returns where the right ones begin. */
export const partition = (
  { bins, stride, entries }: Sample,
  start: number,
  end: number,
  split: Split,
  scratch: Int32Array,
): number => {
  const base = split.feature * stride;
  // Missing values that go left: all bins move up by one, and the last becomes the first.
  const shift = split.missingLeft ? 1 : 0;
  const bound = split.bin + shift;
  let left = start;
  let right = 0;
  for (let at = start; at < end; at++) {
    const entry = entries[at]!;
    const bin = (bins[base + (entry & ROW_MASK)]! + shift) & 255;
    // Both are written and one is kept: a branch would be guessed wrong half of the time.
    entries[left] = entry;
    scratch[right] = entry;
    const isRight = (bound - bin) >>> 31;
    left += 1 - isRight;
    right += isRight;
  }
  entries.set(scratch.subarray(0, right), left);
  return left;
};

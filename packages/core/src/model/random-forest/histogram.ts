import { MISSING_BIN } from "./bins.ts";

const BINS = 256;
const WORD_BITS = 32;

/** How many rows of each label one feature has in each bin of a node, and which bins have any. */
export type Histogram = {
  /** Normal and anomalous rows of each bin in turn, counted as often as they were drawn. */
  slots: Int32Array;
  /** Bins of known values with rows, in order; the first `used`. */
  bins: Uint8Array;
  used: number;
  /** One bit per bin, all 0 between calls. */
  words: Int32Array;
};

export const emptyHistogram = (): Histogram => ({
  slots: new Int32Array(2 * BINS),
  bins: new Uint8Array(BINS),
  used: 0,
  words: new Int32Array(BINS / WORD_BITS),
});

/** Finds the bins in use by looking through all of them. */
export const listBins = (histogram: Histogram): void => {
  const { slots, bins } = histogram;
  const last = MISSING_BIN - 1;
  let used = 0;
  for (let bin = 0; bin <= last; bin++) {
    bins[used] = bin;
    if ((slots[2 * bin]! | slots[2 * bin + 1]!) !== 0) used++;
  }
  histogram.used = used;
};

/** The same from their bits in `words`, which costs less for a few. */
export const listMarkedBins = (histogram: Histogram): void => {
  const { bins, words } = histogram;
  let used = 0;
  for (let word = 0; word < words.length; word++) {
    let bits = words[word]!;
    words[word] = 0;
    for (; bits !== 0; bits &= bits - 1) bins[used++] = word * WORD_BITS + 31 - Math.clz32(bits & -bits);
  }
  // The missing bin is the last of all.
  histogram.used = used > 0 && bins[used - 1] === MISSING_BIN ? used - 1 : used;
};

export const clearHistogram = ({ slots, bins, used }: Histogram): void => {
  for (let index = 0; index < used; index++) {
    const slot = 2 * bins[index]!;
    slots[slot] = 0;
    slots[slot + 1] = 0;
  }
  slots[2 * MISSING_BIN] = 0;
  slots[2 * MISSING_BIN + 1] = 0;
};

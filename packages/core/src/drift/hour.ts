import type { Scaling } from "../model/scaling.ts";
import { fromFloat16, toFloat16 } from "./float16.ts";

/** Farther from the reference's centre a value counts as so far: one row must not decide over an hour. */
const FARTHEST = 8;
export const HOUR_MS = 3_600_000;
export const HOURS_A_DAY = 24;

/**
 * What is kept of one feature's values in one hour. `level` is the mean of z = (x − centre) / scale, cut to ±8; `noise` the
 * mean of |z − z of the value before|. Both are NaN for an hour without values.
 */
export type HourBlock = { values: number; missing: number; level: number; noise: number };

export const NOTHING: HourBlock = { values: 0, missing: 0, level: Number.NaN, noise: Number.NaN };

/** Of rows that are disjoint: of two workers, or of two parts of the hour. Adds, whatever the order. */
export const mergeBlocks = (a: HourBlock, b: HourBlock): HourBlock => {
  const values = a.values + b.values;
  const mean = (of: "level" | "noise") =>
    values === 0 ? Number.NaN : (weighted(a[of], a.values) + weighted(b[of], b.values)) / values;
  return { values, missing: a.missing + b.missing, level: mean("level"), noise: mean("noise") };
};
const weighted = (mean: number, weight: number) => (weight === 0 ? 0 : mean * weight);

/**
 * Blocks of `hours` hours from `fromMs` on, of one feature of one series.
 * @param timestamps in ascending order; rows before `fromMs` only say what the first value is compared with
 * @param read the value of a row; NaN is missing
 */
export const hourBlocks = (
  timestamps: ArrayLike<number>,
  read: (row: number) => number,
  { center, scale }: Scaling,
  { fromMs, hours }: { fromMs: number; hours: number },
): HourBlock[] => {
  const sums = Array.from({ length: hours }, () => ({ values: 0, missing: 0, level: 0, noise: 0 }));
  let before = Number.NaN;
  for (let row = 0; row < timestamps.length; row++) {
    const sum = sums[Math.floor((timestamps[row]! - fromMs) / HOUR_MS)];
    const value = read(row);
    if (Number.isNaN(value)) {
      if (sum) sum.missing += 1;
      continue;
    }
    const z = Math.max(-FARTHEST, Math.min(FARTHEST, (value - center) / scale));
    if (sum) {
      sum.values += 1;
      sum.level += z;
      if (!Number.isNaN(before)) sum.noise += Math.abs(z - before);
    }
    before = z;
  }
  return sums.map(({ values, missing, level, noise }) =>
    values === 0 ? { ...NOTHING, missing } : { values, missing, level: level / values, noise: noise / values },
  );
};

/** Bytes of a packed block. */
export const BLOCK_BYTES = 8;

/** A closed hour as four binary16 numbers: counts up to 2,048 stay exact, all else is known to half a per mille. */
export const packBlocks = (blocks: readonly HourBlock[]): Uint8Array => {
  const bytes = new Uint8Array(blocks.length * BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  blocks.forEach(({ values, missing, level, noise }, index) => {
    [values, missing, level, noise].forEach((value, field) => {
      view.setUint16(index * BLOCK_BYTES + 2 * field, toFloat16(value), true);
    });
  });
  return bytes;
};

export const unpackBlocks = (bytes: Uint8Array): HourBlock[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / BLOCK_BYTES }, (_, index) => {
    const field = (at: number) => fromFloat16(view.getUint16(index * BLOCK_BYTES + 2 * at, true));
    return { values: field(0), missing: field(1), level: field(2), noise: field(3) };
  });
};

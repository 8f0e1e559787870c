import { BLOCK_BYTES, type HourBlock, packBlocks, unpackBlocks } from "./hour.ts";

/**
 * Pools the hours of series, one series after the other; a column per feature, then the scores. Of each hour the mean over the
 * series, each of which is in units of its own reference and cut to ±8: so a series that is lively, or large, says no more than
 * another, and one that is gone moves nothing but the volume.
 */
export const pooler = (columns: number, hours: number) => {
  let series = 0;
  const sums = () => Array.from({ length: columns }, () => new Float64Array(hours));
  const [values, missing, level, noise, known] = [sums(), sums(), sums(), sums(), sums()];
  return {
    add(one: readonly (readonly HourBlock[])[]) {
      series += 1;
      for (let column = 0; column < columns; column++) {
        for (let hour = 0; hour < hours; hour++) {
          const block = one[column]![hour]!;
          values[column]![hour]! += block.values;
          missing[column]![hour]! += block.missing;
          if (block.values === 0) continue;
          known[column]![hour]! += 1;
          level[column]![hour]! += block.level;
          noise[column]![hour]! += block.noise;
        }
      }
    },
    /** Counts are means over all series, level and noise over those that had values. */
    pooled: (): HourBlock[][] =>
      values.map((ofColumn, column) =>
        Array.from(ofColumn, (sum, hour) => ({
          values: sum / Math.max(1, series),
          missing: missing[column]![hour]! / Math.max(1, series),
          level: level[column]![hour]! / known[column]![hour]!,
          noise: noise[column]![hour]! / known[column]![hour]!,
        })),
      ),
  };
};

/** Column after column, hour after hour, 8 bytes each. */
export const packHours = (columns: readonly (readonly HourBlock[])[]): Uint8Array => packBlocks(columns.flat());

export const unpackHours = (bytes: Uint8Array, columns: number): HourBlock[][] => {
  const blocks = unpackBlocks(bytes);
  const hours = bytes.length / BLOCK_BYTES / columns;
  return Array.from({ length: columns }, (_, column) => blocks.slice(column * hours, (column + 1) * hours));
};

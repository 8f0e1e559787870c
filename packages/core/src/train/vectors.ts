import type { Random } from "../model/random.ts";

/**
 * Rows of one series, oldest first; `null`, or a missing value (null, NaN) within a row, breaks the window, as in scoring.
 * `imputed` rows take part in windows but none ends with them, because they are never scored.
 */
export type TrainingSeries = {
  timestamps: ArrayLike<number>;
  rows: readonly (ArrayLike<number | null> | null)[];
  imputed?: readonly boolean[];
};

/** Unscaled vectors, row-major, with the time of each one's newest row. */
export type TrainingVectors = {
  values: Float64Array;
  timestamps: Float64Array;
  columns: number;
  count: number;
  /** Vectors there were, of which `count` were drawn. */
  available: number;
};

export type VectorLimits = { featureCount: number; shingleSize: number; maxRows: number };

/** Training values held at once: 256 MB of doubles, whatever the shingle. */
const MAX_VALUES = 2 ** 25;
const FIRST_CAPACITY = 1024;

/**
 * Shingles of every series, at most `maxRows`: beyond that each vector has the same chance to be among them (Vitter 1985,
 * algorithm R), and the same series and random stream give the same ones.
 */
export const collectVectors = (
  series: Iterable<TrainingSeries>,
  limits: VectorLimits,
  random: Random,
): TrainingVectors => {
  const { featureCount, shingleSize } = limits;
  const columns = featureCount * shingleSize;
  const capacity = Math.max(1, Math.min(limits.maxRows, Math.floor(MAX_VALUES / columns)));
  let vectors = emptyVectors(Math.min(FIRST_CAPACITY, capacity), columns);
  for (const { timestamps, rows, imputed } of series) {
    let consecutive = 0;
    for (let index = 0; index < rows.length; index++) {
      consecutive = isComplete(rows[index]!, featureCount) ? consecutive + 1 : 0;
      if (consecutive < shingleSize || imputed?.[index]) continue;
      const place = vectors.available < capacity ? vectors.available : random.below(vectors.available + 1);
      vectors.available++;
      if (place >= capacity) continue;
      if (place === vectors.timestamps.length) vectors = enlarged(vectors, capacity);
      vectors.count = Math.max(vectors.count, place + 1);
      vectors.timestamps[place] = timestamps[index]!;
      for (let age = 0; age < shingleSize; age++) {
        vectors.values.set(
          rows[index - age] as ArrayLike<number>,
          place * columns + (shingleSize - 1 - age) * featureCount,
        );
      }
    }
  }
  return vectors;
};

const isComplete = (row: ArrayLike<number | null> | null, featureCount: number): boolean => {
  if (row === null) return false;
  for (let feature = 0; feature < featureCount; feature++) {
    const value = row[feature];
    if (value === null || !Number.isFinite(value)) return false;
  }
  return true;
};

const emptyVectors = (capacity: number, columns: number): TrainingVectors => ({
  values: new Float64Array(capacity * columns),
  timestamps: new Float64Array(capacity),
  columns,
  count: 0,
  available: 0,
});

const enlarged = (vectors: TrainingVectors, capacity: number): TrainingVectors => {
  const larger = emptyVectors(Math.min(capacity, vectors.timestamps.length * 2), vectors.columns);
  larger.values.set(vectors.values);
  larger.timestamps.set(vectors.timestamps);
  return { ...larger, count: vectors.count, available: vectors.available };
};

import { randomOf } from "./random.ts";

/**
 * Rows of one series, oldest first; `null`, or a missing value (null, NaN) within a row, breaks the window, as in scoring.
 * `imputed` rows take part in windows but none ends with them, because they are never scored. `labels`: 1 anomalous,
 * 0 normal, `null` unknown.
 */
export type TrainingSeries = {
  timestamps: ArrayLike<number>;
  rows: readonly (ArrayLike<number | null> | null)[];
  imputed?: readonly boolean[];
  labels?: readonly (0 | 1 | null)[];
};

/** What a family learns from: unscaled rows of all series of a detector, `features` values each. */
export type Dataset = {
  features: readonly string[];
  /** Rows of one vector. */
  shingleSize: number;
  /** The most rows that may be used. */
  maxRows: number;
  series: readonly TrainingSeries[];
};

/** Unscaled vectors, row-major, with the time of each one's newest row, and its label: 1, 0, or −1 for unknown. */
export type TrainingVectors = {
  values: Float64Array;
  timestamps: Float64Array;
  labels: Int8Array;
  columns: number;
  count: number;
  /** Vectors there were, of which `count` were drawn. */
  available: number;
};

/** Random stream of the choice of rows; trees use the streams from 0 on. */
const SUBSAMPLE_STREAM = -2;
/** Training values held at once: 256 MB of doubles, whatever the shingle. */
const MAX_VALUES = 2 ** 25;
const FIRST_CAPACITY = 1024;
const UNLABELLED = -1;

/**
 * Shingles of every series, at most `maxRows`: beyond that each vector has the same chance to be among them (Vitter 1985,
 * algorithm R), and the same series and random stream give the same ones.
 */
export const collectVectors = (dataset: Dataset, seed: number): TrainingVectors => {
  const { features, shingleSize, maxRows } = dataset;
  const featureCount = features.length;
  const columns = featureCount * shingleSize;
  const capacity = Math.max(1, Math.min(maxRows, Math.floor(MAX_VALUES / columns)));
  const random = randomOf(seed, SUBSAMPLE_STREAM);
  let vectors = emptyVectors(Math.min(FIRST_CAPACITY, capacity), columns);
  for (const one of dataset.series) {
    const { timestamps, rows, labels } = one;
    for (const index of vectorEnds(one, dataset)) {
      const place = vectors.available < capacity ? vectors.available : random.below(vectors.available + 1);
      vectors.available++;
      if (place >= capacity) continue;
      if (place === vectors.timestamps.length) vectors = enlarged(vectors, capacity);
      vectors.count = Math.max(vectors.count, place + 1);
      vectors.timestamps[place] = timestamps[index]!;
      vectors.labels[place] = labels?.[index] ?? UNLABELLED;
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

/** Vectors that the series hold, whether or not all of them may be used. */
export const countVectors = (dataset: Dataset): number => {
  let count = 0;
  for (const one of dataset.series) for (const _ of vectorEnds(one, dataset)) count++;
  return count;
};

export type LabelCounts = { anomalous: number; normal: number };

/** Of these, the ones whose newest row has a label. */
export const countLabelled = (dataset: Dataset): LabelCounts => {
  const counts = { anomalous: 0, normal: 0 };
  for (const one of dataset.series) {
    for (const index of vectorEnds(one, dataset)) {
      if (one.labels?.[index] === 1) counts.anomalous++;
      if (one.labels?.[index] === 0) counts.normal++;
    }
  }
  return counts;
};

/** The rows that a vector can end with. */
function* vectorEnds({ rows, imputed }: TrainingSeries, { features, shingleSize }: Dataset): Generator<number> {
  let consecutive = 0;
  for (let index = 0; index < rows.length; index++) {
    consecutive = isComplete(rows[index]!, features.length) ? consecutive + 1 : 0;
    if (consecutive >= shingleSize && !imputed?.[index]) yield index;
  }
}

/** Consecutive complete rows of one series, oldest first, row-major. */
export type Run = { values: Float64Array; columns: number; count: number; timestamps: Float64Array };

/** The complete stretches of every series that are long enough for a vector, of its newest rows, as many for each series. */
export const consecutiveRuns = (dataset: Dataset): Run[] => {
  const { features, shingleSize, maxRows, series } = dataset;
  const limit = Math.max(shingleSize, Math.ceil(maxRows / Math.max(1, series.length)));
  return series.flatMap(({ rows, timestamps }) => {
    const runs: Run[] = [];
    const first = Math.max(0, rows.length - limit);
    for (let from = first; from < rows.length; from++) {
      let to = from;
      while (to < rows.length && isComplete(rows[to]!, features.length)) to++;
      if (to - from >= shingleSize) runs.push(runOf(rows, timestamps, from, to, features.length));
      from = to;
    }
    return runs;
  });
};

const runOf = (
  rows: TrainingSeries["rows"],
  timestamps: ArrayLike<number>,
  from: number,
  to: number,
  columns: number,
): Run => {
  const count = to - from;
  const values = new Float64Array(count * columns);
  const times = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    values.set(rows[from + row] as ArrayLike<number>, row * columns);
    times[row] = timestamps[from + row]!;
  }
  return { values, columns, count, timestamps: times };
};

/** First and last time of the rows that a model learns from. */
export const timeSpan = (timestamps: Iterable<number>): [number, number] => {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const timestamp of timestamps) {
    from = Math.min(from, timestamp);
    to = Math.max(to, timestamp);
  }
  return [from, to];
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
  labels: new Int8Array(capacity).fill(UNLABELLED),
  columns,
  count: 0,
  available: 0,
});

const enlarged = (vectors: TrainingVectors, capacity: number): TrainingVectors => {
  const larger = emptyVectors(Math.min(capacity, vectors.timestamps.length * 2), vectors.columns);
  larger.values.set(vectors.values);
  larger.timestamps.set(vectors.timestamps);
  larger.labels.set(vectors.labels);
  return { ...larger, count: vectors.count, available: vectors.available };
};

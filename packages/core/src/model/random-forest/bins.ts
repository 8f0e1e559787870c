import { FLOAT32_MAX, roundDownToFloat32 } from "../float32.ts";
import type { LabelledRows } from "./rows.ts";

/** The bin of missing values; values have the bins before it. */
export const MISSING_BIN = 255;
/** Quantiles are taken from this many rows at most: those of more would differ by a thousandth. */
const QUANTILE_ROWS_MAX = 200_000;

/**
 * Training rows as quantile bins, in memory that threads can share: column by column for nodes of many rows, row by row
 * for those of few, whose rows are scattered over all of memory.
 */
export type BinnedRows = {
  columns: number;
  count: number;
  byColumn: Uint8Array;
  byRow: Uint8Array;
  labels: Uint8Array;
  /** Of each column the highest value of each bin: a row goes left at bin b where its value is at most `edges[b]`. */
  edges: Float32Array[];
};

/** Bins of about equally many rows, at most 255 per column; where there are fewer distinct values each has its own. */
export const binRows = ({ values, labels, columns, count }: LabelledRows): BinnedRows => {
  const binned: BinnedRows = {
    columns,
    count,
    byColumn: new Uint8Array(new SharedArrayBuffer(count * columns)),
    byRow: new Uint8Array(new SharedArrayBuffer(count * columns)),
    labels: new Uint8Array(new SharedArrayBuffer(count)),
    edges: Array.from({ length: columns }, (_, column) => edgesOf(sortedSample(values, column, columns, count))),
  };
  binned.labels.set(labels.subarray(0, count));
  for (let column = 0; column < columns; column++) {
    const edges = binned.edges[column]!;
    for (let row = 0; row < count; row++) {
      const bin = binOf(edges, values[row * columns + column]!);
      binned.byColumn[column * count + row] = bin;
      binned.byRow[row * columns + column] = bin;
    }
  }
  return binned;
};

/** The known values of a column, or evenly chosen ones of many, in order. */
const sortedSample = (values: Float32Array, column: number, columns: number, count: number): Float32Array => {
  const stride = Math.max(1, count / QUANTILE_ROWS_MAX);
  const sample = new Float32Array(Math.floor(count / stride));
  let known = 0;
  for (let index = 0; index < sample.length; index++) {
    const value = values[Math.floor(index * stride) * columns + column]!;
    if (!Number.isNaN(value)) sample[known++] = value;
  }
  return sample.subarray(0, known).sort();
};

/** Midpoints, rounded down to float32, between the last value of each bin and the first of the next. */
const edgesOf = (sorted: Float32Array): Float32Array => {
  const starts: number[] = [];
  for (let index = 1; index < sorted.length; index++) if (sorted[index] !== sorted[index - 1]) starts.push(index);
  const edges: number[] = [];
  for (const start of starts.length < MISSING_BIN ? starts : quantileStarts(starts, sorted.length)) {
    const [below, above] = [sorted[start - 1]!, sorted[start]!];
    edges.push(roundDownToFloat32(below + (above - below) / 2));
  }
  return Float32Array.from([...edges, FLOAT32_MAX]);
};

/** Of the places where a new value starts the first one behind each quantile. */
const quantileStarts = (starts: readonly number[], rows: number): Set<number> => {
  const chosen = new Set<number>();
  let at = 0;
  for (let bin = 1; bin < MISSING_BIN; bin++) {
    while (at < starts.length && starts[at]! < (bin * rows) / MISSING_BIN) at++;
    if (at < starts.length) chosen.add(starts[at]!);
  }
  return chosen;
};

/** The first bin whose edge is not below the value. */
const binOf = (edges: Float32Array, value: number): number => {
  if (Number.isNaN(value)) return MISSING_BIN;
  let [low, high] = [0, edges.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= edges[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** What a row came to. The numbers are stored in points: never reuse one. */
export const RowState = { scored: 0, warmingUp: 1, skipped: 2, imputed: 3 } as const;
export type RowState = (typeof RowState)[keyof typeof RowState];

const FIRST_CAPACITY = 64;

/**
 * Rows of one detector in one batch, as columns: the rows of a series stand together, in order. Vectors of all series
 * stand together too, so that one model run scores them all.
 */
export type Rows = {
  readonly features: number;
  readonly columns: number;
  count: number;
  timestamps: Float64Array;
  states: Uint8Array;
  /** count × features; NaN is a missing value. */
  values: Float64Array;
  /** Index of the row's vector, −1 when it has none. */
  vectorOf: Int32Array;
  /** Index, in the series' records, of the record that completed the row. */
  causes: Int32Array;
  vectorCount: number;
  /** vectorCount × columns, scaled. */
  vectors: Float32Array;
};

/** @param capacity rows that are expected; there may be more */
export const emptyRows = (features: number, columns: number, capacity = FIRST_CAPACITY): Rows => ({
  features,
  columns,
  count: 0,
  timestamps: new Float64Array(capacity),
  states: new Uint8Array(capacity),
  values: new Float64Array(capacity * features),
  vectorOf: new Int32Array(capacity),
  causes: new Int32Array(capacity),
  vectorCount: 0,
  vectors: new Float32Array(capacity * columns),
});

/** Appends a row without a vector and returns its index. */
export const pushRow = (rows: Rows, timestampMs: number, state: RowState, values: Float64Array, cause: number) => {
  const index = rows.count++;
  if (index === rows.timestamps.length) growRows(rows);
  rows.timestamps[index] = timestampMs;
  rows.states[index] = state;
  rows.vectorOf[index] = -1;
  rows.causes[index] = cause;
  const base = index * rows.features;
  for (let feature = 0; feature < rows.features; feature++) rows.values[base + feature] = values[feature]!;
  return index;
};

/** Makes room for the vector of a row and returns its offset in `vectors`. */
export const pushVector = (rows: Rows, index: number): number => {
  const offset = rows.vectorCount * rows.columns;
  if (offset === rows.vectors.length) rows.vectors = copyInto(new Float32Array(rows.vectors.length * 2), rows.vectors);
  rows.vectorOf[index] = rows.vectorCount++;
  return offset;
};

const growRows = (rows: Rows) => {
  const capacity = rows.timestamps.length * 2;
  rows.timestamps = copyInto(new Float64Array(capacity), rows.timestamps);
  rows.states = copyInto(new Uint8Array(capacity), rows.states);
  rows.values = copyInto(new Float64Array(capacity * rows.features), rows.values);
  rows.vectorOf = copyInto(new Int32Array(capacity), rows.vectorOf);
  rows.causes = copyInto(new Int32Array(capacity), rows.causes);
};

const copyInto = <A extends { set(source: A): void }>(target: A, source: A): A => {
  target.set(source);
  return target;
};

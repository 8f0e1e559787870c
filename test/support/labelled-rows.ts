import type { LabelledRows } from "@tidewatch/core/model/random-forest/rows";

const COLUMNS = 8;

/**
 * Rows of eight features in [−1, 1), of which four decide the label, one in fifty the wrong way; one in eight is anomalous.
 * The same numbers as those of `random-forest/fixtures/make.py`: a linear congruential generator (Knuth's constants).
 */
export const labelledRows = (count: number, seed: number): LabelledRows => {
  let state = seed;
  const unit = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const values = new Float32Array(count * COLUMNS);
  const labels = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < COLUMNS; column++) values[row * COLUMNS + column] = 2 * unit() - 1;
    const [a, b, c, d] = values.subarray(row * COLUMNS);
    const isStrange = (a! * b! > 0.35 && c! > 0) || d! > 0.94;
    labels[row] = isStrange === unit() < 0.02 ? 0 : 1;
  }
  return { values, labels, columns: COLUMNS, count };
};

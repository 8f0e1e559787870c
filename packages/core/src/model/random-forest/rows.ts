import { AppError } from "../../errors.ts";

/** Training rows, row-major, NaN where a value is missing; `labels`: 1 anomalous, 0 normal. */
export type LabelledRows = { values: Float32Array; labels: Uint8Array; columns: number; count: number };

/** A row's number, how often it was drawn and its label have to fit into 32 bits; see `bootstrap.ts`. */
const ROWS_MAX = 2 ** 24;

/** Throws `VALIDATION` for what no forest can be made of. */
export const checkLabelledRows = ({ values, labels, columns, count }: LabelledRows): void => {
  if (count > ROWS_MAX)
    throw new AppError("VALIDATION", `a random forest takes at most ${ROWS_MAX} rows, got ${count}`);
  let anomalous = 0;
  for (let row = 0; row < count; row++) anomalous += labels[row]!;
  if (anomalous === 0 || anomalous === count) {
    const what = `${anomalous} anomalous and ${count - anomalous} normal`;
    throw new AppError("VALIDATION", `a random forest learns from rows of both labels, got ${what} ones`);
  }
  for (let at = 0; at < count * columns; at++) {
    if (Math.abs(values[at]!) !== Number.POSITIVE_INFINITY) continue;
    const place = `row ${Math.floor(at / columns)}, column ${at % columns}`;
    throw new AppError("VALIDATION", `training value ${values[at]} at ${place} is not a finite number`);
  }
};

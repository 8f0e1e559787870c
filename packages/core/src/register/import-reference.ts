import { AppError } from "../errors.ts";
import { collectVectors, type TrainingVectors, timeSpan } from "../model/dataset.ts";
import type { ImportManifest } from "../model/onnx/import-manifest.ts";
import { randomOf } from "../model/random.ts";
import type { Scaling } from "../model/scaling.ts";
import { fitFeatureScaling, scaleVectors } from "../model/vector-scaling.ts";

/** Rows of one series in the order of the manifest's features, oldest first; `null` is missing. */
export type Reference = { rows: readonly (readonly (number | null)[])[]; timestamps?: readonly number[] | undefined };

/** Fewer say nothing about the rare scores that a threshold is about. */
const REFERENCE_ROWS_MIN = 50;
/** More would not sharpen the calibration, whose tail is that of 100 rows at most. */
const REFERENCE_ROWS_MAX = 20_000;
/** Without a reference the trial run has made-up rows, around 0 in units of the scaling. */
const MADE_UP_ROWS = 256;
/** The draw of reference rows, should there be too many. */
const SEED = 1;

/** What a model is tried with. `undo`: scaling that the model does not know, which its graph has to undo. */
export type Trial = {
  scaling: Scaling[];
  undo: readonly Scaling[] | undefined;
  vectors: Float32Array;
  rowCount: number;
  spanMs: [number, number] | undefined;
};

/** @throws AppError VALIDATION when the reference holds too few complete rows */
export const trialRows = (manifest: ImportManifest, reference: Reference | undefined): Trial => {
  const { features, shingleSize, scaling } = manifest;
  checkScaling(manifest);
  if (!reference) {
    const columns = features.length * shingleSize;
    const vectors = Float32Array.from({ length: MADE_UP_ROWS * columns }, normalOf(randomOf(SEED, 0)));
    const known = scaling ?? features.map(() => ({ center: 0, scale: 1 }));
    return { scaling: known, undo: undefined, vectors, rowCount: MADE_UP_ROWS, spanMs: undefined };
  }
  const collected = collectReference(reference, manifest);
  const known = scaling ?? fitFeatureScaling(collected, features.length);
  const vectors = scaleVectors(collected, known);
  const spanMs = reference.timestamps ? timeSpan(collected.timestamps.subarray(0, collected.count)) : undefined;
  return { scaling: known, undo: scaling ? undefined : known, vectors, rowCount: collected.count, spanMs };
};

const checkScaling = ({ features, scaling }: ImportManifest): void => {
  if (!scaling || scaling.length === features.length) return;
  throw new AppError("VALIDATION", `The manifest has ${features.length} features and ${scaling.length} scalings.`);
};

const collectReference = (reference: Reference, { features, shingleSize }: ImportManifest): TrainingVectors => {
  const { rows } = reference;
  const odd = rows.findIndex((row) => row.length !== features.length);
  if (odd >= 0) {
    throw new AppError(
      "VALIDATION",
      `Reference row ${odd + 1} has ${rows[odd]!.length} values; the manifest has ${features.length} features.`,
    );
  }
  const timestamps = reference.timestamps ?? rows.map((_, row) => row);
  const collected = collectVectors(
    { features, shingleSize, maxRows: REFERENCE_ROWS_MAX, series: [{ timestamps, rows }] },
    SEED,
  );
  if (collected.count >= REFERENCE_ROWS_MIN) return collected;
  throw new AppError(
    "VALIDATION",
    `The reference has ${collected.count} complete rows to calibrate by; at least ${REFERENCE_ROWS_MIN} are needed, and a thousand or more make a good calibration.`,
  );
};

/** Standard normal numbers (Box and Muller 1958). */
const normalOf = (random: ReturnType<typeof randomOf>) => (): number =>
  Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());

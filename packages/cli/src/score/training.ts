import { type Detector, shingleSizeOf, type TrainingConfig } from "@tidewatch/core/detector";
import { AppError } from "@tidewatch/core/errors";
import { featureHash } from "@tidewatch/core/feature/hash";
import { loadScorer, type Scorer } from "@tidewatch/core/model/scorer";
import { type FittedModel, fitDetector } from "@tidewatch/core/train/fit";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { counted } from "../output/progress.ts";
import type { RowLabel } from "./label-column.ts";

/** Rows of one series, oldest first; `null` where one is missing or incomplete. */
export type TrainingRows = { timestamps: number[]; rows: (Float64Array | null)[]; labels?: RowLabel[] };

/**
 * Share of a short file that trains its model: 15 %, what the Numenta Anomaly Benchmark calls probation and does not
 * judge either (Lavin, Ahmad 2015). Longer files train on as many rows as the detector asks for.
 */
const TRAINING_SHARE = 0.15;
/** Fewer vectors than this say too little; a file must have twice as many rows, so that something is left to score. */
const LEAST_VECTORS = 50;

/** The fewest rows that train: the first vector takes as many as the model looks back. */
export const leastRows = (detector: Detector): number => LEAST_VECTORS + shingleSizeOf(detector) - 1;

/** Rows to read before it is known how many of them train the model. */
export const rowsToReadAhead = (detector: Detector, { minTrainingRows }: TrainingConfig): number =>
  Math.max(Math.ceil(minTrainingRows / TRAINING_SHARE), 2 * leastRows(detector));

/**
 * How many of the first rows train the model. It depends on how many rows there are, never on what they hold.
 * @param rows those read ahead: fewer than `rowsToReadAhead` when the file ends before
 */
export const trainingRowCount = (detector: Detector, { minTrainingRows }: TrainingConfig, rows: number): number => {
  const wanted = Math.min(minTrainingRows, Math.floor(rows * TRAINING_SHARE));
  return Math.min(Math.max(leastRows(detector), wanted), Math.floor(rows / 2));
};

/** Fits the detector's model as the pipeline does and loads it into the same runtime. */
export const trainScorer = async (
  detector: Detector,
  config: TrainingConfig,
  made: TrainingRows,
  from: string,
  more = "give more with --train",
): Promise<Scorer> => {
  const complete = made.rows.filter((row) => row !== null).length;
  const [least, looksBack] = [leastRows(detector), shingleSizeOf(detector)];
  if (complete < least) {
    const first = looksBack > 1 ? `, ${looksBack} of them for the first vector` : "";
    throw new AppError(
      "CONFLICT",
      `${from} has ${counted(complete, "complete row")} to train on, which is too few (${least} at least${first}); ${more}.`,
    );
  }
  // The rows are those that the user chose: what the detector would wait for in a pipeline does not count here.
  const minTrainingRows = Math.min(config.minTrainingRows, LEAST_VECTORS);
  const { manifest, onnx } = await fitFile(detector, { ...config, minTrainingRows }, made);
  return loadScorer(onnxRuntime(), manifest, onnx);
};

/** Fits the detector's model to rows of a file. The same files give the same bytes. */
export const fitFile = (
  detector: Detector,
  config: TrainingConfig,
  { timestamps, rows, labels }: TrainingRows,
): Promise<FittedModel> =>
  fitDetector({ ...detector, model: config }, [{ timestamps, rows, ...(labels ? { labels } : {}) }], {
    version: 1,
    seed: config.seed,
    // Not the clock, which would make the bytes differ.
    nowMs: timestamps.at(-1) ?? 0,
    featureHash: featureHash(detector),
  });

import { AppError } from "../errors.ts";
import { NO_NUMBER } from "../model/onnx/rewrite.ts";
import { checkModelSize, checkModelSpeed, type SpeedPorts } from "./limits.ts";

/** What a trial run of a model says: its scores of the rows it was given, and milliseconds of CPU per row. */
export type Examination = { scores: Float32Array; msPerRow: number };

/**
 * Runs an imported model that nobody knows yet, wherever the caller keeps it apart: loads it, scores the rows, some of them
 * again and alone, and rows of extreme values.
 */
export type ModelExaminer = (onnx: Uint8Array, rows: Float32Array, rowCount: number) => Promise<Examination>;

/** Rows of a run of the trial. */
const CHUNK_ROWS = 1024;
/** Kernels may add in another order for another number of rows: by so much a score may differ, relative to the largest. */
const BATCH_TOLERANCE = 1e-4;

/** Any finite value can come, and no model may fail by it: what overflows is scored as it can be. */
const EXTREMES = [0, 5, -5, 1e4, -1e4, NO_NUMBER, -NO_NUMBER];
const extremeRows = (columns: number): Float32Array =>
  Float32Array.from({ length: EXTREMES.length * columns }, (_, at) => EXTREMES[Math.floor(at / columns)]!);

/** @throws AppError VALIDATION that says what is wrong with the model */
export const examineModel =
  (ports: SpeedPorts): ModelExaminer =>
  async (onnx, rows, rowCount) => {
    checkModelSize(onnx.length);
    const model = await ports.runtime.load(onnx);
    const msPerRow = await checkModelSpeed(model, ports.cpuMs);
    const scoreAll = async (vectors: Float32Array, count: number): Promise<Float32Array> => {
      const given = await model.run(vectors, count);
      if (given.length === count) return given;
      throw refused(`The model gives ${given.length} numbers for ${count} rows: the output is not one score a row.`);
    };
    const score = (first: number, count: number) =>
      scoreAll(rows.subarray(first * model.columns, (first + count) * model.columns), count);
    const scores = new Float32Array(rowCount);
    for (let first = 0; first < rowCount; first += CHUNK_ROWS) {
      scores.set(await score(first, Math.min(CHUNK_ROWS, rowCount - first)), first);
    }
    await scoreAll(extremeRows(model.columns), EXTREMES.length);
    const again = await score(0, Math.min(CHUNK_ROWS, rowCount));
    if (again.some((value, row) => !Object.is(value, scores[row]))) {
      throw refused("The model gives other scores for the same rows when it is run again: leave random operators out.");
    }
    const largest = scores.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (const row of [0, rowCount >> 1, rowCount - 1]) {
      const [alone] = await score(row, 1);
      if (Math.abs(alone! - scores[row]!) > BATCH_TOLERANCE * largest) {
        throw refused(
          "The score of a row depends on the rows beside it: export the model for inference (model.eval() in PyTorch).",
        );
      }
    }
    return { scores, msPerRow };
  };

const refused = (reason: string): AppError => new AppError("VALIDATION", reason);

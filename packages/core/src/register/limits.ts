import { AppError } from "../errors.ts";
import type { LoadedModel, ModelRuntime } from "../store/ports.ts";

/** A function has 512 MB of disk and 250 MB of code; a file of 100 MB is some 400 MB in ONNX Runtime's memory. */
const MODEL_BYTES_MAX = 100_000_000;
/** A thousand rows a second: a batch of 100 records is then scored in a tenth of a second. */
const ROW_MS_MAX = 1;

/** `cpuMs`: CPU time of this process so far, all threads; the wall clock would count other processes, too. */
export type SpeedPorts = { runtime: ModelRuntime; cpuMs: () => number };

/** @throws AppError TOO_LARGE with the figure */
export const checkModelSize = (bytes: number): void => {
  if (bytes <= MODEL_BYTES_MAX) return;
  throw new AppError(
    "TOO_LARGE",
    `The model has ${megabytes(bytes)} MB; at most ${megabytes(MODEL_BYTES_MAX)} MB fit into a function. Fewer or shallower trees, or smaller layers, make it smaller.`,
  );
};

/**
 * @returns milliseconds of CPU per row in batches, the least of a few runs
 * @throws AppError VALIDATION with the figure
 */
export const checkModelSpeed = async (model: LoadedModel, cpuMs: () => number): Promise<number> => {
  const msPerRow = await measureSpeed(model, cpuMs);
  if (msPerRow <= ROW_MS_MAX) return msPerRow;
  throw new AppError(
    "VALIDATION",
    `The model takes ${msPerRow.toPrecision(3)} ms per row; at most ${ROW_MS_MAX} ms is allowed, because the stream would not wait for it.`,
  );
};

/**
 * What a model of any family must keep to before it is registered: size, and speed as measured here.
 * @returns milliseconds of CPU per row
 * @throws AppError TOO_LARGE, VALIDATION with the figure; CORRUPT when it cannot be loaded
 */
export const checkModelLimits = async (ports: SpeedPorts, onnx: Uint8Array): Promise<number> => {
  checkModelSize(onnx.length);
  return checkModelSpeed(await ports.runtime.load(onnx), ports.cpuMs);
};

/** Rows of a run; a stream's batches have up to a few hundred. The first two runs only warm up. */
const BATCHES = [1, 8, 64, 64, 64];
/** A model that takes this long for a run is measured well enough by it, and too slow in any case. */
const LONG_RUN_MS = 1000;

/** Milliseconds of CPU per row in batches, the least of a few runs. */
export const measureSpeed = async (model: LoadedModel, cpuMs: () => number): Promise<number> => {
  let best = Number.POSITIVE_INFINITY;
  for (const rowCount of BATCHES) {
    const rows = variedRows(rowCount * model.columns);
    const startMs = cpuMs();
    await model.run(rows, rowCount);
    const tookMs = cpuMs() - startMs;
    best = Math.min(best, tookMs / rowCount);
    if (tookMs > LONG_RUN_MS) break;
  }
  return best;
};

/** Values from −2 to 2, so that rows take different ways through trees. */
const variedRows = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, at) => ((at * 0.618_033_988_75) % 1) * 4 - 2);

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes % 1e6 === 0 ? 0 : 1);

import { availableParallelism } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { AppError } from "@tidewatch/core/errors";
import { trainerOf } from "@tidewatch/core/train/run";
import { cpuMs } from "@tidewatch/functions/cpu-time";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { fileBlobs } from "../blobs/file-blobs.ts";
import { dataPaths } from "../runtime/paths.ts";
import { openSqliteTable } from "../table/sqlite-table.ts";
import { growInThreads } from "./forest-threads.ts";
import type { TrainingOrder, TrainingReport } from "./messages.ts";

/** Entry of a training thread: trains one detector over connections of its own, answers, and ends. */
const { directory, detectorId } = workerData as TrainingOrder;
const paths = dataPaths(directory);

const train = async (): Promise<TrainingReport> => {
  const { table, close } = openSqliteTable(paths.table, { now: Date.now });
  try {
    const threads = { growTrees: growInThreads(availableParallelism()) };
    const ports = { table, blobs: fileBlobs(paths.objects), clock: Date.now, threads, runtime: onnxRuntime(), cpuMs };
    return { kind: "trained", model: await trainerOf(ports)(detectorId) };
  } finally {
    close();
  }
};

parentPort!.postMessage(
  await train().catch((error: unknown): TrainingReport => {
    if (error instanceof AppError) return { kind: "failed", code: error.code, message: error.message };
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: "failed", code: "INTERNAL", message };
  }),
);

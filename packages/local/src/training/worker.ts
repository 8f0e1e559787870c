import { availableParallelism } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { AppError } from "@tidewatch/core/errors";
import { trainerOf } from "@tidewatch/core/train/run";
import { cpuMs } from "@tidewatch/functions/cpu-time";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { fileBlobs } from "../blobs/file-blobs.ts";
import { dataPaths } from "../runtime/paths.ts";
import { openSqliteTable } from "../table/sqlite-table.ts";
import { LOCAL_RUNNER } from "../workflow/runner.ts";
import { growInThreads } from "./forest-threads.ts";
import type { TrainingOrder, TrainingReport } from "./messages.ts";

/** Entry of a training thread: trains one detector, or does a step of its retraining, over connections of its own; then it ends. */
const { directory, detectorId, retraining } = workerData as TrainingOrder;
/** A thread does short steps one after the other: to start another one takes half a second. */
const SLICE_MS = 2000;
const paths = dataPaths(directory);

const train = async (): Promise<TrainingReport> => {
  const { table, close } = openSqliteTable(paths.table, { now: Date.now });
  try {
    const threads = { growTrees: growInThreads(availableParallelism()) };
    const ports = { table, blobs: fileBlobs(paths.objects), clock: Date.now, threads, runtime: onnxRuntime(), cpuMs };
    if (retraining) {
      const { runId, pollSeconds } = retraining;
      // A training needs neither.
      const { nextOf, runStep } = await import("@tidewatch/core/train/workflow/run-step");
      const { workflowPorts } = await import("@tidewatch/functions/workflow-ports");
      const { datasetProcess } = await import("../dataset/dataset-process.ts");
      // To end this thread while DuckDB is at work in it would end the server.
      const { datasets } = datasetProcess(directory, ports.blobs);
      const stepPorts = { ...workflowPorts(ports, { runner: LOCAL_RUNNER, pollSeconds }), datasets };
      const untilMs = Date.now() + SLICE_MS;
      for (;;) {
        const run = await runStep(stepPorts, detectorId, runId);
        const isDue = nextOf(run, Date.now(), LOCAL_RUNNER).kind === "step";
        if (!isDue || Date.now() > untilMs) return { kind: "stepped", run };
      }
    }
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

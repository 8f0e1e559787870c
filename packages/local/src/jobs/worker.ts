import { setTimeout } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { runJob } from "@tidewatch/core/backtest/job";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { fileBlobs } from "../blobs/file-blobs.ts";
import { dataPaths } from "../runtime/paths.ts";
import { openSqliteTable } from "../table/sqlite-table.ts";

/** Before a job that met a store which is away is gone on with. */
const AGAIN_MS = 1000;

/** Entry of a job's thread: does it over connections of its own, and ends. */
const { directory, id } = workerData as { directory: string; id: string };
const paths = dataPaths(directory);
const { table, close } = openSqliteTable(paths.table, { now: Date.now });
try {
  const ports = { table, blobs: fileBlobs(paths.objects), runtime: onnxRuntime(), clock: Date.now };
  let job = await runJob(ports, id);
  while (job?.state === "running") {
    await setTimeout(AGAIN_MS);
    job = await runJob(ports, id);
  }
  parentPort!.postMessage(job?.error);
} finally {
  close();
}

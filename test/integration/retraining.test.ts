import { cpSync } from "node:fs";
import { join } from "node:path";
import { Detector } from "@tidewatch/core/detector";
import { listAliases } from "@tidewatch/core/register/aliases";
import { listVersions, loadModel } from "@tidewatch/core/register/models";
import { getRun } from "@tidewatch/core/runs/runs";
import { putDetector } from "@tidewatch/core/store/detectors";
import { runStep } from "@tidewatch/core/train/workflow/run-step";
import { readRun } from "@tidewatch/core/train/workflow/runs";
import { startWorkflow } from "@tidewatch/core/train/workflow/start";
import { isEnded, type WorkflowRun } from "@tidewatch/core/train/workflow/workflow";
import { workflowPorts } from "@tidewatch/functions/workflow-ports";
import { fileBlobs } from "@tidewatch/local/blobs/file-blobs";
import { dataPaths } from "@tidewatch/local/runtime/paths";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { openSqliteTable } from "@tidewatch/local/table/sqlite-table";
import { threadTrainer } from "@tidewatch/local/training/thread-trainer";
import { LOCAL_RUNNER } from "@tidewatch/local/workflow/runner";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fastModels } from "../support/examine-here.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** A retraining over the real stores, of rows that went through the pipeline, in threads that are killed at any moment. */

const ROWS = 600;
const STEP_MS = 60_000;
const detector = Detector.parse({
  id: "host",
  features: [{ metric: "cpu" }, { metric: "memory" }],
  model: { family: "isolation-forest", trees: 5, sampleSize: 64, minTrainingRows: 300 },
  retraining: { shadowHours: 0, watchHours: 0 },
});

let folder: ReturnType<typeof temporaryFolder>;
let begun: WorkflowRun;

const storesIn = (directory: string) => {
  const { table, close } = openSqliteTable(dataPaths(directory).table, { now: Date.now });
  return { ports: { table, blobs: fileBlobs(dataPaths(directory).objects), clock: Date.now, ...fastModels }, close };
};

/** Rows in the table and the archive, version 1 live, and a retraining that has begun. */
beforeAll(async () => {
  folder = temporaryFolder();
  const directory = join(folder.path, "begin");
  const pipeline = await startPipeline({ directory, shards: 1 });
  await putDetector(pipeline.table, detector, undefined);
  const firstMs = Date.now() - ROWS * STEP_MS;
  const events = Array.from({ length: ROWS }, (_, row) => ({
    ...{ type: "metric", entity: "web-01", timestamp: firstMs + row * STEP_MS },
    values: { cpu: 40 + 10 * Math.sin(row / 9) + ((row * 7) % 5), memory: 70 + ((row * 13) % 11) },
  }));
  const data = events.map((event) => new TextEncoder().encode(JSON.stringify(event)));
  await pipeline.stream.putMany(data.map((bytes) => ({ partitionKey: "web-01", data: bytes })));
  await pipeline.drained();
  await pipeline.train("host");
  await pipeline.close();
  const { ports, close } = storesIn(directory);
  begun = (await startWorkflow(ports, "host", { kind: "api", id: "t", by: "test" })).run;
  close();
});
afterAll(() => folder.remove());

/** A data folder of its own, as it is when the retraining has begun. */
const copyAs = (name: string): string => {
  const directory = join(folder.path, name);
  cpSync(join(folder.path, "begin"), directory, { recursive: true });
  return directory;
};

/** What counts in the end, without times. */
const endOf = async (directory: string) => {
  const { ports, close } = storesIn(directory);
  try {
    const { run } = await readRun(ports.table, "host", begun.id);
    const { onnx, manifest } = await loadModel(ports, "host", run.version!);
    const { trainedAtMs: _, ...facts } = manifest;
    const logged = await Promise.all(run.candidateRuns.map((id) => getRun(ports, id)));
    return {
      run: { ...run, ...NO_TIMES, decision: run.decision?.outcome, steps: run.steps.map(toldOf) },
      aliases: Object.entries(await listAliases(ports, "host")).map(([alias, { version }]) => [alias, version]),
      versions: (await listVersions(ports, "host", 9)).map(({ version }) => version),
      ...{ facts, onnx: Buffer.from(onnx).toString("base64") },
      runs: logged.map(({ status, params, metrics }) => [status, params, metrics.foundShare?.value]),
      objects: (await ports.blobs.list("")).filter((key) => !key.startsWith("drift/")),
    };
  } finally {
    close();
  }
};
const toldOf = ({ name, state, text }: WorkflowRun["steps"][number]) => ({ name, state, text });
/** Nor what was measured. */
const NO_TIMES = { updatedAtMs: 0, spentMs: 0 };

const undisturbed = async (): Promise<string> => {
  const directory = copyAs("undisturbed");
  const { ports, close } = storesIn(directory);
  const stepPorts = workflowPorts(ports, { runner: LOCAL_RUNNER });
  for (let run = begun; !isEnded(run); ) run = await runStep(stepPorts, "host", begun.id);
  close();
  return directory;
};

test("killed at any moment and gone on with, it comes to the end of an undisturbed one", async () => {
  const expected = await endOf(await undisturbed());
  expect(expected.run.outcome?.reason).toMatch(/version/);
  expect(expected.versions).toEqual([2, 1]);
  const directory = copyAs("killed");
  const trainer = threadTrainer(directory);
  let kills = 0;
  for (let run = begun; !isEnded(run); ) {
    // Longer and longer: a thread needs some time before it writes at all.
    const limit = { ms: 700 * 1.7 ** kills, what: "killed" };
    run = await trainer.step("host", { runId: begun.id }, limit).catch((error: Error) => {
      expect(error.message).toBe("killed");
      kills++;
      return run;
    });
  }
  await trainer.close();
  expect(kills).toBeGreaterThan(0);
  expect(await endOf(directory)).toEqual(expected);
}, 180_000);

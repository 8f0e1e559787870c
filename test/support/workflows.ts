import { createHash } from "node:crypto";
import type { DatasetSeries, Datasets } from "@tidewatch/core/dataset/dataset";
import { DatasetQuery } from "@tidewatch/core/dataset/dataset";
import type { Detector } from "@tidewatch/core/detector";
import { AppError } from "@tidewatch/core/errors";
import { canonicalJson } from "@tidewatch/core/feature/hash";
import { randomOf } from "@tidewatch/core/model/random";
import type { GateDecision } from "@tidewatch/core/promote/decision";
import { startShadow } from "@tidewatch/core/promote/shadow";
import { putDetector } from "@tidewatch/core/store/detectors";
import type { Blobs, Table } from "@tidewatch/core/store/ports";
import { runStep } from "@tidewatch/core/train/workflow/run-step";
import { startWorkflow } from "@tidewatch/core/train/workflow/start";
import type { WorkflowPorts } from "@tidewatch/core/train/workflow/step";
import { isEnded, type WorkflowRun, type WorkflowTrigger } from "@tidewatch/core/train/workflow/workflow";
import { fastModels } from "./examine-here.ts";
import { memoryBlobs } from "./memory-blobs.ts";
import { memoryTable } from "./memory-table.ts";
import { detector, T0 } from "./scoring.ts";

/** Retrainings of a small detector over stores in memory, where the other stages say what a test wants them to. */

export const host = (parts: { model?: object; [name: string]: unknown } = {}): Detector =>
  detector({ ...parts, model: { minTrainingRows: 100, trees: 2, sampleSize: 16, ...parts.model } });

export const trigger = (id = "t1", kind: WorkflowTrigger["kind"] = "api"): WorkflowTrigger => ({ kind, id, by: "ann" });

/** Ordinary rows, one a second; the same for the same seed. */
export const ordinary = (rows: number, seed = 1, entity = "a"): DatasetSeries => {
  const random = randomOf(seed);
  return {
    entity,
    timestamps: Array.from({ length: rows }, (_, row) => T0 + row * 1000),
    rows: Array.from({ length: rows }, () => [50 + 10 * random.unit(), 20 + random.unit()]),
  };
};

/** Frozen sets as objects, of these series. */
export const datasetsOf = (blobs: Blobs, series: readonly DatasetSeries[]): Datasets => ({
  async freeze(query) {
    const rows = series.reduce((sum, one) => sum + one.rows.length, 0);
    const hash = createHash("sha256").update(canonicalJson({ query, series })).digest("hex");
    const facts = { hash, detector: query.detector.id, fromMs: query.fromMs, toMs: query.toMs };
    const labels = { anomalous: 0, normal: 0 };
    const info = { ...facts, series: series.length, rows, excluded: { policy: 3 }, labels, bytes: 1, createdAtMs: T0 };
    await blobs.putIfAbsent(`datasets/${hash}`, new TextEncoder().encode(JSON.stringify({ info, query, series })));
    return info;
  },
  async read(hash) {
    const bytes = await blobs.get(`datasets/${hash}`);
    if (!bytes) throw new AppError("NOT_FOUND", `no dataset ${hash}`);
    const { info, query, series: stored } = JSON.parse(new TextDecoder().decode(bytes));
    return { info, query: DatasetQuery.parse(query), series: stored };
  },
});

export const decision = (outcome: GateDecision["outcome"], reason = "it is as good, and newer"): GateDecision => ({
  ...{ outcome, reason, rules: [], rows: 10, fromMs: T0, toMs: T0 + 1 },
  alerts: { added: 0, vanished: 0, common: 1 },
});

export type Scene = {
  now: { ms: number };
  table: ReturnType<typeof memoryTable>;
  blobs: ReturnType<typeof memoryBlobs>;
  ports: WorkflowPorts;
};

/** A detector with rows to learn from and nothing in use yet. */
export const scene = async (of: Detector = host(), series: readonly DatasetSeries[] = [ordinary(400)]) => {
  const now = { ms: T0 };
  const [table, blobs] = [memoryTable(() => now.ms), memoryBlobs()];
  await putDetector(table, of, undefined);
  return { now, table, blobs, ports: portsOver({ now, table, blobs }, series) } satisfies Scene;
};

export const portsOver = (
  { now, table, blobs }: { now: { ms: number }; table: Table; blobs: Blobs },
  series: readonly DatasetSeries[] = [ordinary(400)],
): WorkflowPorts => ({
  ...{ table, blobs, clock: () => now.ms, ...fastModels },
  datasets: datasetsOf(blobs, series),
  datasetQuery: async (of) => ({ detector: of, fromMs: T0, toMs: T0 + 1_000_000, exclude: [], maxRows: 10_000 }),
  comparison: {
    startShadow: (run, nowMs, cause) =>
      startShadow({ table, blobs }, run.detector, run.version!, nowMs, cause, run.revisions!.challenger),
    shadowProgress: async () => ({ rows: 100, hours: 24, done: true }),
    decide: async () => decision("promote"),
    watchPromotion: async () => ({ state: "kept", progress: 1, reason: "it kept its bands" }),
  },
  ...{ codeVersion: "1.2.3", runner: "one", pollSeconds: 60 },
});

/** Calls `runStep` until the run has ended or waits for somebody; time passes where it waits for that. */
export const finishRun = async ({ ports, now }: Scene, run: WorkflowRun, mostCalls = 100): Promise<WorkflowRun> => {
  let at = run;
  for (let call = 0; call < mostCalls && !isEnded(at) && at.state !== "approval"; call++) {
    at = await runStep(ports, run.detector, run.id);
    now.ms = Math.max(now.ms, at.notBeforeMs ?? 0);
  }
  return at;
};

export const retrain = async (of: Scene, by = trigger()): Promise<WorkflowRun> =>
  await finishRun(of, (await startWorkflow(of.ports, "host", by)).run);

import { orderBacktest, readJob } from "@tidewatch/core/backtest/job";
import { COMPACTED } from "@tidewatch/core/dataset/manifest";
import { Detector } from "@tidewatch/core/detector";
import { listChecks } from "@tidewatch/core/drift/checks";
import { binRows } from "@tidewatch/core/model/random-forest/bins";
import { growParams, RANDOM_FOREST_PARAMS } from "@tidewatch/core/model/random-forest/fit";
import { growTrees } from "@tidewatch/core/model/random-forest/grow";
import { encodeRows, encodeTrees } from "@tidewatch/core/model/random-forest/pieces";
import { shadowProgress, startShadow } from "@tidewatch/core/promote/shadow";
import { aliasOf } from "@tidewatch/core/register/aliases";
import { loadModel, registerModel, reserveVersion } from "@tidewatch/core/register/models";
import { scorerCache } from "@tidewatch/core/register/scorer-cache";
import { putDetector } from "@tidewatch/core/store/detectors";
import { trainerOf } from "@tidewatch/core/train/run";
import { listLocks, listRuns, putLock } from "@tidewatch/core/train/workflow/runs";
import type { WorkflowRun } from "@tidewatch/core/train/workflow/workflow";
import { archiveHandler } from "@tidewatch/functions/archive-handler";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { scoreHandler } from "@tidewatch/functions/score-handler";
import { pieceKey, rowsKey, type TreePiece } from "@tidewatch/functions/tree-pieces";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lambdaEvent } from "../../../bench/lambda-event.ts";
import { fastModels } from "../../support/examine-here.ts";
import { execute, type Machine } from "../../support/state-machine.ts";
import { permissionsOf } from "../permissions.ts";
import { deploymentOf, only } from "../stages.ts";
import { scheduleEvent } from "./aws-events.ts";
import { type Cloud, openCloud } from "./cloud.ts";
import { NOW_MS } from "./story.ts";

// The deployed bundles keep a model right: machines change for good, the drift check says so, the archive is compacted, the state
// machine retrains step by step and promotes; a challenger scores in shadow, a backtest is done, a report is made.

const HOUR_MS = 3_600_000;
const DAYS = 3;
/** Long enough that what a candidate learns from has some of it, too. */
const SHIFTED_HOURS = 48;
const STEP_MS = 300_000;
const START_MS = NOW_MS - (DAYS * 24 + SHIFTED_HOURS) * HOUR_MS;
const STEPS = ((DAYS * 24 + SHIFTED_HOURS) * HOUR_MS) / STEP_MS;
const CAUSE = { by: "test", reason: "test" };

const DETECTOR = Detector.parse({
  id: "rooms",
  features: [{ metric: "heat" }],
  model: { family: "isolation-forest", trees: 10, sampleSize: 64, minTrainingRows: 300 },
  drift: { minReferenceDays: 2 },
  retraining: { shadowHours: 0, watchHours: 0, everyDays: 30 },
  reports: { every: "day" },
});
const ENTITIES = ["room-1", "room-2", "room-3"];

const heat = (entity: number, step: number) => {
  const isShifted = START_MS + step * STEP_MS >= NOW_MS - SHIFTED_HOURS * HOUR_MS;
  return 20 + 3 * Math.sin((step / 288) * 2 * Math.PI + entity) + ((step * 7919) % 17) / 10 + (isShifted ? 15 : 0);
};
const entriesOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => from + at).flatMap((step) =>
    ENTITIES.map((entity, number) => ({
      partitionKey: entity,
      data: Buffer.from(
        JSON.stringify({
          type: "metric",
          entity,
          timestamp: START_MS + step * STEP_MS,
          values: { heat: Math.round(heat(number, step) * 1e4) / 1e4 },
        }),
      ),
    })),
  );

const LABELLED = {
  values: Float32Array.from({ length: 400 }, (_, at) => ((at * 7919) % 101) / 101),
  labels: Uint8Array.from({ length: 200 }, (_, row) => Number(row % 5 === 0)),
  ...{ columns: 2, count: 200 },
};
const PIECE: TreePiece = {
  ...{ folder: "trees/0123", from: 2, to: 4 },
  params: growParams(LABELLED, { ...RANDOM_FOREST_PARAMS, trees: 5 }),
};

let cloud: Cloud;
let ended: WorkflowRun | undefined;
let path: string[] = [];
let job: Awaited<ReturnType<typeof readJob>>;
const deployment = deploymentOf("dev");

const call = async (name: string, event: unknown, atMs = NOW_MS) => {
  const sandbox = await cloud.start(name, {}, atMs);
  try {
    const startMs = performance.now();
    const answer = await sandbox.invoke<object>(event);
    process.stdout.write(
      `  ${name.padEnd(12)} first call ${(performance.now() - startMs).toFixed(0).padStart(6)} ms\n`,
    );
    return answer;
  } finally {
    await sandbox.stop();
  }
};

/** Archived and scored as the consumers do it, which pipeline.test.ts holds. */
const takeIn = async (first: number, end: number) => {
  const { table, blobs } = cloud;
  const stores = { table, blobs, clock: () => NOW_MS };
  const archive = archiveHandler(stores);
  const score = scoreHandler({
    ...{ table, detectors: async () => [DETECTOR] },
    scorerOf: scorerCache({ ...stores, runtime: onnxRuntime() }, { maxAgeMs: 0 }),
    onFailed: () => Promise.reject(new Error("a record failed")),
    onReport: () => {},
  });
  const perBatch = 6 * 12;
  for (let from = first; from < end; from += perBatch) {
    const event = lambdaEvent(
      entriesOf(from, from + perBatch),
      from * ENTITIES.length,
      START_MS + (from + perBatch) * STEP_MS,
    );
    await archive(event);
    await score(event);
    // Before anything has changed.
    if (from + perBatch === (DAYS * 24 * HOUR_MS) / STEP_MS) {
      await trainerOf({ ...stores, ...fastModels, clock: () => NOW_MS - SHIFTED_HOURS * HOUR_MS })(DETECTOR.id);
    }
  }
};

beforeAll(async () => {
  cloud = await openCloud(deployment, NOW_MS);
  const { table, blobs } = cloud;
  await putDetector(table, DETECTOR, undefined);
  await takeIn(0, STEPS);
  for (let hour = SHIFTED_HOURS; hour >= 0; hour -= 12) {
    await call("Drift", scheduleEvent(deployment, "CheckDrift"), NOW_MS - hour * HOUR_MS + 60_000);
  }
  const laterMs = NOW_MS + 26 * HOUR_MS;
  await call("Compact", scheduleEvent(deployment, "CompactArchive"), laterMs);
  await call("RetrainStart", scheduleEvent(deployment, "StartRetraining"));

  const machine = only(deployment, "sfn/stateMachine");
  const [execution] = cloud.executions;
  const retrain = await cloud.start("Retrain");
  const run = await execute(JSON.parse(String(machine.inputs.definition)) as Machine, execution!, {
    task: (_, input) => retrain.invoke<object>(input),
    wait: () => {
      throw new Error("nothing is waited for here");
    },
  });
  path = run.path;
  await retrain.stop();
  [ended] = await listRuns(table, DETECTOR.id, { limit: 1 });
  // As a runner leaves it that dies before its last write.
  const { id: runId, detector, trigger, startedAtMs } = ended!;
  await putLock(table, { id: runId, detector, trigger, startedAtMs });
  await call("RetrainStart", scheduleEvent(deployment, "StartRetraining"));
  const rest = await listLocks(table);
  expect(rest).toEqual([]);

  const binned = binRows(LABELLED);
  await blobs.put(rowsKey(PIECE.folder), encodeRows(binned));
  await call("Trees", PIECE);

  const live = (await aliasOf({ table }, DETECTOR.id, "champion"))!;
  const model = await loadModel(cloud, DETECTOR.id, live.version);
  const version = await reserveVersion({ table }, DETECTOR.id);
  await registerModel({ table, blobs }, { ...model, manifest: { ...model.manifest, version } });
  await startShadow({ table, blobs }, DETECTOR.id, version, NOW_MS, CAUSE);
  await takeIn(STEPS, STEPS + 72);
  await call("Shadow", scheduleEvent(deployment, "ScoreShadow"));

  const order = { detector: DETECTOR.id, model: { name: DETECTOR.id, version: live.version }, fromMs: START_MS };
  const { id } = await orderBacktest({ table, blobs, clock: () => NOW_MS }, { ...order, toMs: NOW_MS });
  const detail = { metadata: { id, timeMs: NOW_MS }, data: { job: id } };
  await call("Job", { source: "tidewatch", "detail-type": "job.ordered", detail });
  job = await readJob(table, id);

  await call("Report", scheduleEvent(deployment, "SendReports"));
}, 300_000);

afterAll(async () => {
  await cloud?.close();
});

/** As in pipeline.test.ts. */
const NOT_IN_THE_STORY = [
  ...["logs:CreateLogStream", "logs:PutLogEvents", "dynamodb:GetItem", "s3:ListBucket", "s3:AbortMultipartUpload"],
  // Files that others have taken the place of go an hour later.
  ...["s3:DeleteObject"],
];
/** A job that takes longer than a function may orders itself again. */
const NOT_USED = ["JobRole events:PutEvents"];
const ROLES = ["Drift", "Compact", "RetrainStart", "Retrain", "Shadow", "Job", "Report", "Trees"].map(
  (name) => `${name}Role`,
);

describe("the deployed bundles of the learning loop, with the permissions of their roles", () => {
  it("notice the drift and tell the bus of it, once", async () => {
    const checks = await listChecks(cloud.table, DETECTOR.id, { limit: 10 });
    expect(checks[0]).toMatchObject({ drifted: true });
    const told = cloud.published.filter(({ DetailType }) => DetailType === "drift.detected");
    expect(new Set(told.map(({ Detail }) => JSON.parse(String(Detail)).metadata.id)).size).toBe(1);
  });

  it("compact the archive with DuckDB", async () => {
    const files = (await cloud.blobs.list(COMPACTED)).filter((key) => key.endsWith(".parquet"));
    expect(files.length).toBeGreaterThan(0);
  });

  it("retrain through the states of the deployed machine, from drift to promotion", async () => {
    expect(cloud.executions).toHaveLength(1);
    expect(ended).toMatchObject({ trigger: { kind: "drift" }, state: "done" });
    expect(ended!.outcome, ended!.outcome?.reason).toMatchObject({ kind: "promoted" });
    expect(path.filter((state) => state !== "fit")).toEqual([
      ...["snapshot", "evaluate", "register", "shadow", "gate", "promote", "watch", "ended"],
    ]);
    const champion = await aliasOf(cloud, DETECTOR.id, "champion");
    expect(champion?.version).toBe(ended!.version);
  });

  it("score in shadow, do a backtest and make a report", async () => {
    const progress = await shadowProgress(cloud, DETECTOR, 3);
    expect(progress.rows).toBeGreaterThan(0);
    expect(job).toMatchObject({ state: "done", progress: { series: ENTITIES.length } });
    const reports = await cloud.blobs.list("reports/");
    expect(reports.some((key) => key.endsWith(".html"))).toBe(true);
  });

  it("grow trees as one process does", async () => {
    const bytes = await cloud.blobs.get(pieceKey(PIECE));
    expect(Buffer.compare(bytes!, encodeTrees(growTrees(binRows(LABELLED), PIECE.params, PIECE.from, PIECE.to)))).toBe(
      0,
    );
  });

  it("are refused nothing by IAM", () => {
    expect(cloud.denied).toEqual([]);
  });

  it("use every permission that they have", () => {
    const used = new Set(cloud.used.map(({ function: name, action }) => `${name}Role ${action}`));
    const unused = permissionsOf(deployment)
      .filter(({ role, action }) => ROLES.includes(role) && !NOT_IN_THE_STORY.includes(action))
      .filter(({ role, action }) => !used.has(`${role} ${action}`))
      .map(({ role, action }) => `${role} ${action}`);
    expect([...new Set(unused)]).toEqual(NOT_USED);
  });
});

import { describe, expect, test } from "vitest";
import { decision, finishRun, host, ordinary, retrain, scene, trigger } from "../../../../../test/support/workflows.ts";
import { Detector } from "../../detector.ts";
import { AppError } from "../../errors.ts";
import { growHere } from "../../model/random-forest/grow.ts";
import { aliasHistory, aliasOf, listAliases } from "../../register/aliases.ts";
import { listVersions, loadModel } from "../../register/models.ts";
import { promoteVersion } from "../../register/promote-version.ts";
import { getRun } from "../../runs/runs.ts";
import { putDetector } from "../../store/detectors.ts";
import { runStep } from "./run-step.ts";
import { startWorkflow } from "./start.ts";

describe("a retraining", () => {
  test("makes the first model champion without a comparison, and says what it did", async () => {
    const at = await scene();
    const run = await retrain(at);
    expect(run).toMatchObject({ state: "done", outcome: { kind: "promoted" }, version: 1, championBefore: null });
    expect(run.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
      ...["snapshot done", "fit done", "evaluate done", "register done"],
      ...["shadow skipped", "gate skipped", "promote done", "watch skipped"],
    ]);
    expect(run.steps[2]!.text).toMatch(/finds .* % of moved values, .* false alarms .* on 100 held-out rows/);
    const { manifest } = await loadModel(at.ports, "host", 1);
    expect(manifest).toMatchObject({ datasetHash: run.datasetHash, runId: run.candidateRuns[0], trainingRows: 400 });
    const logged = await getRun(at.ports, run.candidateRuns[0]!);
    expect(logged).toMatchObject({ status: "FINISHED", userId: "ann", tags: { workflow: run.id, seed: "1" } });
    expect(logged.metrics).toMatchObject({ rows: { value: 100 }, onnxBytes: {}, fitSeconds: {}, foundShare: {} });
  });

  test("compares the next one in shadow, promotes it by its evidence, and watches it", async () => {
    const at = await scene();
    await retrain(at);
    let looks = 0;
    at.ports.comparison.shadowProgress = async () => ({ rows: looks, hours: 8 * looks, done: ++looks > 3 });
    at.ports.comparison.watchPromotion = async () => ({
      ...{ state: looks++ > 6 ? "kept" : "watching", progress: 0.5, reason: "so far" },
    });
    const { run } = await startWorkflow(at.ports, "host", trigger("t2"));
    const waiting = await finishRun(at, run, 9);
    expect(waiting).toMatchObject({ state: "waiting", version: 2, championBefore: 1 });
    expect(waiting.steps[4]).toMatchObject({ state: "waiting", progress: 8 / 24, text: /8.0 of 24 hours/ });
    expect(await listAliases(at.ports, "host")).toMatchObject({ champion: { version: 1 }, challenger: { version: 2 } });
    const ended = await finishRun(at, run);
    expect(ended).toMatchObject({ state: "done", outcome: { kind: "promoted" }, decision: { outcome: "promote" } });
    const [last] = await aliasHistory(at.ports, "host", { alias: "champion", limit: 1 });
    expect(last).toMatchObject({
      ...{ version: 2, before: 1, by: `retraining ${run.id}`, reason: "it is as good, and newer" },
      evidence: { workflow: run.id, datasetHash: ended.datasetHash, decision: { rows: 10 } },
    });
    expect(Object.keys(await listAliases(at.ports, "host")).sort()).toEqual(["champion", "previous"]);
  });

  test("gives the same bytes for the same rows and seed", async () => {
    const [one, other] = [await scene(), await scene()];
    const [a, b] = [await retrain(one), await retrain(other, trigger("other"))];
    expect(a.datasetHash).toBe(b.datasetHash);
    const [first, second] = [await loadModel(one.ports, "host", 1), await loadModel(other.ports, "host", 1)];
    expect(Buffer.compare(first.onnx, second.onnx)).toBe(0);
    const again = await retrain(one, trigger("again"));
    expect(again.datasetHash).toBe(a.datasetHash);
    expect(Buffer.compare((await loadModel(one.ports, "host", 2)).onnx, first.onnx)).toBe(0);
  });

  test("learns from the new regime alone where that finds more, and there are rows enough", async () => {
    const shifted = (rows: number) => ({
      ...ordinary(rows),
      rows: ordinary(rows).rows.map((row, at) => (at < 200 ? row : [...Array.from(row as number[], (x) => x + 500)])),
    });
    const sinceMs = ordinary(1).timestamps[0]! + 200_000;
    const forest = host({ model: { trees: 50 }, sensitivity: 8 });
    const at = await scene(forest, [shifted(1200)]);
    const run = await retrain(at, { ...trigger(), sinceMs });
    expect(run.steps[2]!.text).toMatch(/^newer rows only: /);
    const { manifest } = await loadModel(at.ports, "host", 1);
    expect(manifest).toMatchObject({ trainingFromMs: sinceMs, trainingRows: 1000 });
    const few = await scene(forest, [shifted(280)]);
    const other = await retrain(few, { ...trigger(), sinceMs });
    expect((await loadModel(few.ports, "host", 1)).manifest.trainingRows).toBe(280);
    expect(other.candidateRuns.length).toBeLessThan(6);
  });

  test("is rejected by the gate for a stated reason", async () => {
    const at = await scene();
    await retrain(at);
    at.ports.comparison.decide = async () => decision("reject", "three incidents would vanish");
    expect(await retrain(at, trigger("t2"))).toMatchObject({
      state: "done",
      outcome: { kind: "rejected", reason: "three incidents would vanish" },
    });
    expect(Object.keys(await listAliases(at.ports, "host"))).toEqual(["champion"]);
  });

  test("goes on in shadow where the policy wants no more", async () => {
    const at = await scene(host({ retraining: { promotion: "shadow-only" } }));
    await retrain(at);
    expect(await retrain(at, trigger("t2"))).toMatchObject({ outcome: { kind: "shadowed" } });
    expect(await listAliases(at.ports, "host")).toMatchObject({ champion: { version: 1 }, challenger: { version: 2 } });
    expect(await retrain(at, trigger("t3"))).toMatchObject({ outcome: { kind: "shadowed" }, version: 3 });
    expect(await aliasOf(at.ports, "host", "challenger")).toMatchObject({ version: 3 });
  });

  test("is rolled back when the promoted model leaves its bands", async () => {
    const at = await scene();
    await retrain(at);
    const reason = "it reports ten times as much";
    at.ports.comparison.watchPromotion = async () => ({ state: "rolled-back", progress: 1, reason });
    expect(await retrain(at, trigger("t2"))).toMatchObject({ outcome: { kind: "rolled-back", reason } });
  });

  test("overrules nobody who put another version into use meanwhile", async () => {
    const at = await scene();
    await retrain(at);
    await retrain(at, trigger("t2"));
    at.ports.comparison.decide = async () => {
      await promoteVersion(at.ports, "host", 1, { by: "bob", reason: "I prefer it" });
      return decision("promote");
    };
    const reason = "meanwhile somebody else put version 1 in the place of 2";
    expect(await retrain(at, trigger("t3"))).toMatchObject({ outcome: { kind: "rejected", reason } });
    at.ports.comparison.decide = async () => decision("promote");
    at.ports.comparison.watchPromotion = async () => ({ state: "replaced", progress: 1, reason: "bob again" });
    expect(await retrain(at, trigger("t4"))).toMatchObject({ outcome: { kind: "promoted", reason: "bob again" } });
    at.ports.comparison.watchPromotion = async () => {
      await promoteVersion(at.ports, "host", "previous", { by: "eve", reason: "too loud" });
      return { state: "replaced", progress: 0.5, reason: "version 5 is not in use any more" };
    };
    const taken = await retrain(at, trigger("t5"));
    expect(taken.outcome).toEqual({
      kind: "rolled-back",
      reason: expect.stringMatching(/^eve put version \d back: too loud/),
    });
  });

  test("skips what the detector does not want", async () => {
    const at = await scene(host({ retraining: { shadowHours: 0, watchHours: 0 } }));
    await retrain(at);
    const { steps, outcome } = await retrain(at, trigger("t2"));
    expect(steps.filter(({ state }) => state === "skipped").map(({ name }) => name)).toEqual(["shadow", "watch"]);
    expect(outcome).toMatchObject({ kind: "promoted" });
  });

  test("says when a stream brings too little to compare on", async () => {
    const at = await scene();
    await retrain(at);
    at.ports.comparison.shadowProgress = async () => ({ rows: 3, hours: 0.5, done: false });
    at.ports.pollSeconds = 86_400;
    expect(await retrain(at, trigger("t2"))).toMatchObject({
      outcome: { kind: "failed", reason: /^shadow: the stream brought too little .* 0.5 of 24 hours/ },
    });
  });
});

describe("what a retraining may take", () => {
  test("the time of the budget ends the search for candidates", async () => {
    const at = await scene(host({ retraining: { budget: { seconds: 10 } } }));
    const { read } = at.ports.datasets;
    at.ports.datasets.read = async (hash) => {
      at.now.ms += 3000;
      return await read(hash);
    };
    const { steps, candidateRuns } = await retrain(at);
    expect(candidateRuns).toHaveLength(2);
    expect(steps[1]!.text).toMatch(/^2 of 4 candidates; the time of the budget \(10 s\)/);
  });

  test("the rows of the budget bound what is read", async () => {
    const at = await scene(host({ retraining: { budget: { rows: 300 } } }));
    const { freeze } = at.ports.datasets;
    let maxRows = 0;
    at.ports.datasets.freeze = async (query) => {
      maxRows = query.maxRows;
      return await freeze(query);
    };
    await retrain(at);
    expect(maxRows).toBe(300);
  });

  test("a candidate that cannot be fitted is logged as failed, and the others go on", async () => {
    const forest = Detector.parse({
      ...{ id: "host", features: [{ metric: "cpu" }, { metric: "memory" }] },
      model: { family: "random-forest", trees: 10, minTrainingRows: 100 },
    });
    const series = ordinary(400);
    const at = await scene(forest, [{ ...series, labels: series.rows.map((_, row) => (row % 3 === 0 ? 1 : 0)) }]);
    let grown = 0;
    at.ports.threads = {
      growTrees: async (rows, params) => {
        if (++grown === 2) throw new AppError("VALIDATION", "too deep");
        return growHere(rows, params);
      },
    };
    const run = await retrain(at);
    expect(run).toMatchObject({ state: "done", outcome: { kind: "promoted" } });
    expect(run.candidateRuns).toHaveLength(3);
    expect(await getRun(at.ports, run.candidateRuns.at(-1)!)).toMatchObject({ status: "FAILED" });
    expect(run.steps[2]!.text).toMatch(/F1 0.\d\d by labels/);
  });

  test("with too few rows to hold some out the configuration stays as it is", async () => {
    const at = await scene(host(), [ordinary(200)]);
    const run = await retrain(at);
    expect(run).toMatchObject({ outcome: { kind: "promoted" }, candidateRuns: { length: 1 } });
    expect([run.steps[1]!.text, run.steps[2]!.state]).toEqual([expect.stringMatching(/^too few rows/), "skipped"]);
  });
});

describe("a step that fails", () => {
  test("is tried again with growing pauses, then given up with its reason", async () => {
    const at = await scene();
    let tries = 0;
    at.ports.datasets.freeze = async () => {
      tries++;
      throw new Error("the store is away");
    };
    const { run } = await startWorkflow(at.ports, "host", trigger());
    const first = await runStep(at.ports, "host", run.id);
    expect(first).toMatchObject({ state: "waiting", notBeforeMs: at.now.ms + 10_000 });
    expect(first.steps[0]!.text).toBe("attempt 1 of 5 failed: the store is away");
    expect(await runStep(at.ports, "host", run.id)).toEqual(first);
    const ended = await finishRun(at, run);
    expect(ended).toMatchObject({
      state: "failed",
      outcome: { kind: "failed", reason: "snapshot: the store is away" },
    });
    expect([tries, at.now.ms - run.startedAtMs]).toEqual([5, (10 + 40 + 160 + 640) * 1000]);
    expect((await startWorkflow(at.ports, "host", trigger("t2"))).isNew).toBe(true);
  });

  test("for a lasting reason ends the run at once", async () => {
    const at = await scene(host(), [ordinary(60)]);
    const ended = await retrain(at);
    expect(ended).toMatchObject({ state: "failed", outcome: { reason: /^fit: detector host needs 100/ } });
    expect(await listVersions(at.ports, "host", 9)).toEqual([]);
  });

  test("and takes its runner with it each time is given up, too", async () => {
    const at = await scene();
    const { run } = await startWorkflow(at.ports, "host", trigger());
    const dead = { ...at.ports, datasetQuery: () => new Promise<never>(() => {}) };
    for (let start = 1; start <= 5; start++) {
      void runStep(dead, "host", run.id);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await runStep(at.ports, "host", run.id)).toMatchObject({
      outcome: { kind: "failed", reason: /^snapshot: it was started 5 times without an end/ },
    });
  });

  test("because its detector was changed into one that does not fit says so", async () => {
    const at = await scene();
    await retrain(at);
    at.ports.comparison.decide = async () => {
      await putDetector(at.table, host({ shingleSize: 2 }), 1);
      return decision("promote");
    };
    expect(await retrain(at, trigger("t2"))).toMatchObject({ outcome: { kind: "failed", reason: /other features/ } });
  });
});

describe("who runs a retraining", () => {
  test("waits for a lease that another one holds, until it is over", async () => {
    const at = await scene();
    const { run } = await startWorkflow(at.ports, "host", trigger());
    const stalled = { ...at.ports, datasetQuery: () => new Promise<never>(() => {}) };
    void runStep(stalled, "host", run.id);
    await new Promise((resolve) => setImmediate(resolve));
    const other = { ...at.ports, runner: "two" };
    expect((await runStep(other, "host", run.id)).steps[0]).toMatchObject({ state: "running" });
    at.now.ms += 15 * 60_000;
    expect((await runStep(other, "host", run.id)).steps[0]).toMatchObject({ state: "done" });
  });

  test("is told of a run that is not there, or not readable", async () => {
    const at = await scene();
    await expect(runStep(at.ports, "host", "x")).rejects.toBeInstanceOf(AppError);
  });
});

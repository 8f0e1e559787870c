import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crashing } from "../../../../../test/support/score-steps.ts";
import { detector } from "../../../../../test/support/scoring.ts";
import { finishRun, host, retrain, scene, trigger } from "../../../../../test/support/workflows.ts";
import { parseAnyDetector } from "../../any-detector.ts";
import { putDetector } from "../../store/detectors.ts";
import { workflowKey } from "../../store/keys.ts";
import type { Table } from "../../store/ports.ts";
import { listLocks, listRuns, putRun, readRun } from "./runs.ts";
import { getRun, openRunOf, startWorkflow } from "./start.ts";

describe("startWorkflow", () => {
  test("begins one retraining of a detector at a time", async () => {
    const at = await scene();
    const first = await startWorkflow(at.ports, "host", trigger("drift-1", "drift"));
    expect(first).toMatchObject({ isNew: true, run: { state: "running", trigger: { by: "ann" } } });
    expect(await startWorkflow(at.ports, "host", trigger("drift-1", "drift"))).toEqual({ ...first, isNew: false });
    expect(await startWorkflow(at.ports, "host", trigger("t2"))).toEqual({ ...first, isNew: false });
    expect((await openRunOf(at.table, "host"))?.id).toBe(first.run.id);
    expect(await listLocks(at.table)).toMatchObject([{ detector: "host", id: first.run.id }]);
  });

  test("a trigger is answered with its run when that has ended, too; one by measurement that found another comes again", async () => {
    const at = await scene();
    const { run } = await startWorkflow(at.ports, "host", trigger("t1"));
    const byPerson = await startWorkflow(at.ports, "host", trigger("t2", "cli"));
    const byDrift = await startWorkflow(at.ports, "host", trigger("d1", "drift"));
    expect([byPerson.run.id, byDrift.run.id]).toEqual([run.id, run.id]);
    await finishRun(at, run);
    expect(await startWorkflow(at.ports, "host", trigger("t1"))).toMatchObject({
      isNew: false,
      run: { state: "done" },
    });
    expect((await startWorkflow(at.ports, "host", trigger("t2", "cli"))).isNew).toBe(false);
    expect(await openRunOf(at.table, "host")).toBeUndefined();
    expect((await startWorkflow(at.ports, "host", trigger("d1", "drift"))).isNew).toBe(true);
    at.now.ms++;
    expect(await listRuns(at.table, "host", { limit: 9 })).toHaveLength(2);
  });

  test("lists runs newest first, page by page", async () => {
    const at = await scene();
    for (const id of ["a", "b", "c"]) {
      await retrain(at, trigger(id));
      at.now.ms++;
    }
    const [newest, ...rest] = await listRuns(at.table, "host", { limit: 2 });
    expect([newest?.trigger.id, rest[0]?.trigger.id]).toEqual(["c", "b"]);
    expect((await listRuns(at.table, "host", { before: rest[0]!.id, limit: 2 })).map((run) => run.trigger.id)).toEqual([
      "a",
    ]);
  });

  test("clears up behind a run that ended when its runner died", async () => {
    const at = await scene();
    const { run } = await startWorkflow(at.ports, "host", trigger("t1"));
    const { version } = await readRun(at.table, "host", run.id);
    const outcome = { kind: "failed", reason: "x" } as const;
    await putRun(at.table, { ...run, state: "failed", outcome }, version);
    expect(await openRunOf(at.table, "host")).toBeUndefined();
    expect((await startWorkflow(at.ports, "host", trigger("t2"))).isNew).toBe(true);
  });

  test("dead anywhere, it leaves what the next call makes whole", async () => {
    const whole = await scene();
    await startWorkflow(whole.ports, "host", trigger());
    for (let puts = 0; puts < 4; puts++) {
      const at = await scene();
      const dying = { ...at.ports, table: crashing(at.table, puts) };
      await startWorkflow(dying, "host", trigger()).catch(() => undefined);
      const { run } = await startWorkflow(at.ports, "host", trigger());
      expect(run.trigger.id).toBe("t1");
      expect(at.table.items()).toEqual(whole.table.items());
    }
  });

  test("of many at once exactly one begins a run", async () => {
    const at = await scene();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3), { minLength: 2, maxLength: 6 }), async (ids) => {
        const started = await Promise.all(
          ids.map((id) => startWorkflow(at.ports, "host", trigger(`${at.now.ms}-${id}`))),
        );
        expect(started.filter(({ isNew }) => isNew)).toHaveLength(1);
        expect(new Set(started.map(({ run }) => run.id)).size).toBe(1);
        await finishRun(at, started[0]!.run, 0);
        const { version } = await readRun(at.table, "host", started[0]!.run.id);
        await putRun(at.table, { ...started[0]!.run, state: "failed" }, version);
        at.now.ms++;
      }),
      { numRuns: 20 },
    );
  });

  test("gives up where others begin and end them all the time", async () => {
    const at = await scene();
    const busy: Table = { ...at.table, putMany: async () => ["conflict"] };
    await expect(startWorkflow({ ...at.ports, table: busy }, "host", trigger())).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
  });

  test("says what there is instead where nothing is retrained", async () => {
    const at = await scene();
    const start = (id: string) => startWorkflow(at.ports, id, trigger());
    await expect(start("nobody")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await putDetector(at.table, detector({ id: "learns", model: { family: "stream" } }), undefined);
    await expect(start("learns")).rejects.toThrow(/stream learns row by row, so it follows every change/);
    await putDetector(at.table, { ...host(), id: "foreign", model: { family: "onnx" } }, undefined);
    await expect(start("foreign")).rejects.toThrow(/onnx is made elsewhere: import a new version/);
    const log = parseAnyDetector({ id: "log", match: { type: "log" } });
    await putDetector(at.table, log.data!, undefined);
    await expect(start("log")).rejects.toThrow(/watches logs/);
  });

  test("a stored run that cannot be read is named", async () => {
    const at = await scene();
    await at.table.putMany([
      { item: { ...workflowKey("host", "r"), version: 1, doc: "{}" }, condition: { kind: "any" } },
    ]);
    await expect(getRun(at.table, "host", "r")).rejects.toMatchObject({ code: "CORRUPT" });
  });
});

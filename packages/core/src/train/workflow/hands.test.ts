import { describe, expect, test } from "vitest";
import { finishRun, host, retrain, scene, trigger } from "../../../../../test/support/workflows.ts";
import { aliasHistory, listAliases } from "../../register/aliases.ts";
import { getRun } from "../../runs/runs.ts";
import type { Table } from "../../store/ports.ts";
import { approveRun, cancelRun, giveUpRun, rejectRun } from "./hands.ts";
import { runStep } from "./run-step.ts";
import { openRunOf, startWorkflow } from "./start.ts";

/** Version 1 is live, version 2 has passed the gate. */
const waitingForApproval = async () => {
  const at = await scene(host({ retraining: { promotion: "approve" } }));
  await retrain(at);
  return { at, run: await retrain(at, trigger("t2")) };
};

describe("a retraining that waits for a person", () => {
  test("goes on when one approves, whose name the history keeps", async () => {
    const { at, run } = await waitingForApproval();
    expect(run).toMatchObject({ state: "approval", decision: { outcome: "promote" } });
    expect(await runStep(at.ports, "host", run.id)).toEqual(run);
    await approveRun(at.ports, "host", run.id, { by: "bob" });
    await approveRun(at.ports, "host", run.id, { by: "eve" });
    expect(await finishRun(at, { ...run, state: "running" })).toMatchObject({ outcome: { kind: "promoted" } });
    const [move] = await aliasHistory(at.ports, "host", { alias: "champion", limit: 1 });
    expect(move).toMatchObject({ version: 2, by: "bob" });
  });

  test("ends when one turns it down", async () => {
    const { at, run } = await waitingForApproval();
    const ended = await rejectRun(at.ports, "host", run.id, { by: "bob", reason: "not on a Friday" });
    expect(ended.outcome).toEqual({ kind: "rejected", reason: "bob turned it down: not on a Friday" });
    expect(await rejectRun(at.ports, "host", run.id, { by: "eve" })).toEqual(ended);
    await expect(approveRun(at.ports, "host", run.id, { by: "bob" })).rejects.toThrow(/approval; it has ended: bob/);
    expect(Object.keys(await listAliases(at.ports, "host"))).toEqual(["champion"]);
    expect(await openRunOf(at.table, "host")).toBeUndefined();
  });
});

describe("a retraining that is cancelled", () => {
  test("stops in the middle of a step, and leaves no challenger", async () => {
    const at = await scene();
    await retrain(at);
    at.ports.comparison.shadowProgress = async () => {
      await cancelRun(at.ports, "host", run.id, { by: "bob" });
      return { rows: 1, hours: 1, done: true };
    };
    const { run } = await startWorkflow(at.ports, "host", trigger("t2"));
    const ended = await finishRun(at, run);
    expect(ended).toMatchObject({ state: "cancelled", outcome: { kind: "cancelled", reason: "bob cancelled it" } });
    expect(Object.keys(await listAliases(at.ports, "host"))).toEqual(["champion"]);
    expect(await cancelRun(at.ports, "host", run.id, { by: "eve" })).toEqual(ended);
    expect((await startWorkflow(at.ports, "host", trigger("t3"))).isNew).toBe(true);
  });

  test("marks the candidate that was being fitted as killed", async () => {
    const at = await scene();
    const { read } = at.ports.datasets;
    const { run } = await startWorkflow(at.ports, "host", trigger());
    await runStep(at.ports, "host", run.id);
    at.ports.cpuMs = () => 0;
    const { put } = at.blobs;
    at.ports.blobs = {
      ...at.blobs,
      put: async (key, bytes) => {
        await cancelRun(at.ports, "host", run.id, { by: "bob" });
        await put(key, bytes);
      },
    };
    at.ports.datasets.read = read;
    const { state } = await runStep(at.ports, "host", run.id);
    expect(state).toBe("cancelled");
    const { candidateRunId } = await import("./candidates.ts");
    expect((await getRun(at.ports, candidateRunId(run.id, "host", 0))).status).toBe("KILLED");
  });

  test("not once its model is live, or it has ended", async () => {
    const at = await scene();
    const first = await retrain(at);
    await expect(cancelRun(at.ports, "host", first.id, { by: "bob" })).rejects.toThrow(
      /has ended: version 1 is in use/,
    );
    at.ports.comparison.watchPromotion = async () => ({ state: "watching", progress: 0, reason: "" });
    const { run } = await startWorkflow(at.ports, "host", trigger("t2"));
    await finishRun(at, run, 12);
    await expect(cancelRun(at.ports, "host", run.id, { by: "bob" })).rejects.toThrow(/has put version 2 into use/);
    await expect(rejectRun(at.ports, "host", run.id, { by: "bob" })).rejects.toThrow(/it is at the step watch/);
  });
});

test("a retraining that its runner gives up has failed", async () => {
  const at = await scene();
  const { run } = await startWorkflow(at.ports, "host", trigger());
  const ended = await giveUpRun(at.ports, "host", run.id, "it took longer than 900 s");
  expect(ended.outcome).toEqual({ kind: "failed", reason: "snapshot: it took longer than 900 s" });
  expect(await giveUpRun(at.ports, "host", run.id, "again")).toEqual(ended);
});

test("a run that others change all the time is left alone", async () => {
  const at = await scene();
  const { run } = await startWorkflow(at.ports, "host", trigger());
  const busy: Table = { ...at.table, putMany: async () => ["conflict"] };
  const cancelled = cancelRun({ ...at.ports, table: busy }, "host", run.id, { by: "bob" });
  await expect(cancelled).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

import { expect, test } from "vitest";
import { host, scene, trigger } from "../../../../../test/support/workflows.ts";
import { putDetector } from "../../store/detectors.ts";
import { workflowKey, workflowLockKey } from "../../store/keys.ts";
import type { ItemKey } from "../../store/ports.ts";
import { advanceWorkflows } from "./advance.ts";
import { runStep } from "./run-step.ts";
import { listLocks, putRun, readRun } from "./runs.ts";
import { startWorkflow } from "./start.ts";

const FAR = Number.MAX_SAFE_INTEGER;

test("takes every open run as far as it goes, in turn, and leaves the others for later", async () => {
  const at = await scene();
  await putDetector(at.table, { ...host(), id: "other" }, undefined);
  const [one, other] = [
    (await startWorkflow(at.ports, "host", trigger())).run,
    (await startWorkflow(at.ports, "other", trigger())).run,
  ];
  const order: string[] = [];
  const step = async (run: typeof one) => {
    order.push(run.detector);
    return await runStep(at.ports, run.detector, run.id);
  };
  const { advanced, failed } = await advanceWorkflows(at.ports, { name: "one", step }, FAR);
  expect(failed).toEqual([]);
  expect(advanced.map(({ id, state }) => [id, state])).toEqual([
    [one.id, "done"],
    [other.id, "done"],
  ]);
  expect(order.slice(0, 4)).toEqual(["host", "other", "host", "other"]);
  expect(await listLocks(at.table)).toEqual([]);
});

test("begins no step when the time is up, and reports a step that throws", async () => {
  const at = await scene();
  const { run } = await startWorkflow(at.ports, "host", trigger());
  const runner = { name: "one", step: () => Promise.reject(new Error("no thread")) };
  expect(await advanceWorkflows(at.ports, runner, at.now.ms)).toEqual({ advanced: [], failed: [] });
  expect((await advanceWorkflows(at.ports, runner, FAR)).failed).toMatchObject([{ run: run.id }]);
});

test("a run or a lock that cannot be read keeps no other one waiting", async () => {
  const at = await scene();
  for (const id of ["damaged", "locked"]) await putDetector(at.table, { ...host(), id }, undefined);
  const damaged = (await startWorkflow(at.ports, "damaged", trigger())).run;
  const { run } = await startWorkflow(at.ports, "host", trigger());
  const anyway = (key: ItemKey) => ({ item: { ...key, version: 9, doc: "{}" }, condition: { kind: "any" } as const });
  await at.table.putMany([anyway(workflowKey("damaged", damaged.id)), anyway(workflowLockKey("locked"))]);
  const step = (one: typeof run) => runStep(at.ports, one.detector, one.id);
  const { advanced, failed } = await advanceWorkflows(at.ports, { name: "one", step }, FAR);
  expect(advanced.map(({ id, state }) => [id, state])).toEqual([[run.id, "done"]]);
  expect(failed).toMatchObject([{ detector: "damaged", run: damaged.id, error: { code: "CORRUPT" } }]);
  await expect(startWorkflow(at.ports, "locked", trigger())).rejects.toMatchObject({ code: "CORRUPT" });
});

test("clears up behind a run whose runner died at its end, and lets one be that waits", async () => {
  const at = await scene();
  const { run } = await startWorkflow(at.ports, "host", trigger());
  const { version } = await readRun(at.table, "host", run.id);
  const step = () => Promise.reject(new Error("not now"));
  await putRun(at.table, { ...run, state: "waiting", notBeforeMs: at.now.ms + 1 }, version);
  expect(await advanceWorkflows(at.ports, { name: "one", step }, FAR)).toEqual({ advanced: [], failed: [] });
  await putRun(at.table, { ...run, state: "failed" }, version + 1);
  await advanceWorkflows(at.ports, { name: "one", step }, FAR);
  expect(await listLocks(at.table)).toEqual([]);
});

test("lists the locks of many detectors", async () => {
  const at = await scene();
  for (let index = 0; index < 205; index++) {
    const id = `d${index}`;
    await putDetector(at.table, { ...host(), id }, undefined);
    await startWorkflow(at.ports, id, trigger());
  }
  expect(await listLocks(at.table)).toHaveLength(205);
});

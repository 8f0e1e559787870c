import { expect, test } from "vitest";
import { retrain, type Scene, scene, trigger } from "../../../../../test/support/workflows.ts";
import { aliasOf, moveAlias } from "../../register/aliases.ts";
import { runKey } from "../../store/keys.ts";
import type { Table } from "../../store/ports.ts";
import { logMeasures } from "./candidate-log.ts";
import { candidateRunId } from "./candidates.ts";
import { settle } from "./settle.ts";
import type { WorkflowRun } from "./workflow.ts";

/** A run that was rejected, whose model is challenger still. */
const ended = async (): Promise<{ at: Scene; run: WorkflowRun }> => {
  const at = await scene();
  const first = await retrain(at, trigger());
  const run: WorkflowRun = { ...first, outcome: { kind: "rejected", reason: "" } };
  await moveAlias(at.ports, "host", "challenger", 1, { by: "test", reason: "test" }, at.now.ms);
  return { at, run };
};

test("a challenger that somebody moves meanwhile is left to them", async () => {
  const { at, run } = await ended();
  const busy: Table = { ...at.table, putMany: async (puts) => puts.map(() => "conflict" as const) };
  await settle({ ...at.ports, table: busy }, run);
  expect(await aliasOf(at.ports, "host", "challenger")).toMatchObject({ version: 1 });
  await settle(at.ports, run);
  expect(await aliasOf(at.ports, "host", "challenger")).toBeUndefined();
});

test("a table that is away is said to be", async () => {
  const { at, run } = await ended();
  const putMany = async () => {
    throw new Error("away");
  };
  await expect(settle({ ...at.ports, table: { ...at.table, putMany } }, run)).rejects.toThrow("away");
});

test("so is a candidate's run that cannot be read", async () => {
  const { at, run } = await ended();
  const id = candidateRunId(run.id, "host", run.candidateRuns.length);
  await at.table.putMany([{ item: { ...runKey(id), version: 1, doc: "{}" }, condition: { kind: "any" } }]);
  const failed: WorkflowRun = { ...run, outcome: { kind: "failed", reason: "" } };
  await expect(settle(at.ports, failed)).rejects.toMatchObject({ code: "CORRUPT" });
});

test("what was not measured is not logged", async () => {
  const { at, run } = await ended();
  const before = at.table.items().length;
  await logMeasures(at.ports, run.candidateRuns[0]!, { f1: undefined }, 1);
  expect(at.table.items()).toHaveLength(before);
});

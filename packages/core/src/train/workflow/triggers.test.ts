import { expect, test } from "vitest";
import { challenge, normalValues } from "../../../../../test/support/challenge.ts";
import { type DriftStateDoc, saveState } from "../../drift/state.ts";
import { moveAlias } from "../../register/aliases.ts";
import { putDetector } from "../../store/detectors.ts";
import { driftStateKey, modelAliasKey } from "../../store/keys.ts";
import type { Table } from "../../store/ports.ts";
import { cancelRun } from "./hands.ts";
import { startDueWorkflows } from "./triggers.ts";

const DAY_MS = 86_400_000;
const REGIME = { center: 50, scale: 10 };
const cause = { by: "test", reason: "test" };

/** Version 1 is live. */
const live = async (retraining: object) => {
  const at = await challenge({ retraining });
  await at.register(REGIME);
  await moveAlias(at.ports, "host", "champion", 1, cause, at.state.nowMs);
  const due = async () => {
    const { started, failed } = await startDueWorkflows(at.ports);
    expect(failed).toEqual([]);
    return started.map(({ trigger }) => trigger);
  };
  const end = async () => {
    for (const { run } of await open()) await cancelRun(at.ports, "host", run, { by: "test" });
  };
  const open = async () =>
    (await at.ports.table.query({ pk: "WORKFLOW-OPEN", limit: 9 })).map(({ doc }) => ({ run: JSON.parse(doc!).id }));
  return { at, due, end };
};

/** What the drift checks remember. */
const drifted = async ({ table }: { table: Table }, modelVersion: number, openSinceMs: number) => {
  const [item] = await table.getMany([driftStateKey("host")]);
  const doc: DriftStateDoc = {
    ...{ format: 1, referenceKey: "r", referenceFromMs: 0, referenceToMs: 1, modelVersion, isProvisional: false },
    ...{ notBeforeMs: 0, hoursFromMs: 0, untilMs: 0, columns: 1, since: {}, clearChecks: 0 },
    ...{ openSinceMs, openedAtMs: openSinceMs, announcedSinceMs: null },
  };
  await saveState(table, "host", { doc, hours: [[]] }, item?.version ?? 0);
};

test("a period of the calendar starts one retraining, whatever comes of it", async () => {
  const { at, due, end } = await live({ everyDays: 7 });
  expect(await due()).toEqual([]);
  at.state.nowMs += 7 * DAY_MS;
  expect(await due()).toMatchObject([{ kind: "schedule", id: "version 1, period 1" }]);
  expect(await due()).toEqual([]);
  await end();
  expect(await due()).toEqual([]);
  at.state.nowMs += 7 * DAY_MS;
  expect(await due()).toMatchObject([{ id: "version 1, period 2" }]);
});

test("a drift of the model that is live starts one a day, unless the detector wants none", async () => {
  const { at, due, end } = await live({});
  const sinceMs = at.state.nowMs - 3_600_000;
  const id = (day: number) => `version 1, since ${new Date(sinceMs).toISOString()}, day ${day}`;
  await drifted(at.ports, 1, sinceMs);
  expect(await due()).toEqual([{ kind: "drift", id: id(1), by: "schedule", sinceMs }]);
  await end();
  expect(await due()).toEqual([]);
  at.state.nowMs += DAY_MS;
  expect(await due()).toMatchObject([{ id: id(2) }]);
  await end();
  await drifted(at.ports, 7, 9000);
  expect(await due()).toEqual([]);
  const other = await live({ onDrift: false });
  await drifted(other.at.ports, 1, 5000);
  expect(await other.due()).toEqual([]);
});

test("an incident that lasts starts one, named after the longest", async () => {
  const { at, due } = await live({ afterIncidentHours: 2 });
  await at.live(normalValues(60, REGIME), undefined, ["a", "b"]);
  expect(await due()).toEqual([]);
  await at.live(normalValues(100, { center: 5000, scale: 10 }), undefined, ["a", "b"]);
  expect(await due()).toEqual([]);
  await at.live(normalValues(60, { center: 5000, scale: 10 }), undefined, ["a", "b"]);
  expect(await due()).toMatchObject([{ kind: "incident", id: /^version 1, [0-9a-f]{16} since 2026-11-20T1/ }]);
});

test("a detector without a model, or that trains none, is left alone; one that cannot be looked at is reported", async () => {
  const { at, due } = await live({ everyDays: 1 });
  await putDetector(at.ports.table, { ...at.of, id: "learns", model: { family: "stream" } }, undefined);
  await putDetector(at.ports.table, { ...at.of, id: "new" }, undefined);
  at.state.nowMs += DAY_MS;
  expect(await due()).toHaveLength(1);
  await at.ports.table.putMany([
    { item: { ...modelAliasKey("new", "champion"), version: 1, doc: "{}" }, condition: { kind: "any" } },
  ]);
  const { started, failed } = await startDueWorkflows(at.ports);
  expect([started, failed.map(({ detector }) => detector)]).toEqual([[], ["new"]]);
});

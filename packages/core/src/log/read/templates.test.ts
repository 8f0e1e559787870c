import { expect, test } from "vitest";
import { faultyJob, logWorld } from "../../../../../test/support/log-archive.ts";
import {
  jobModel,
  L0,
  LINES,
  logDetector,
  logPorts,
  logRecords,
  normalJob,
} from "../../../../../test/support/log-stage.ts";
import { shardTemplatesKey, templateKey } from "../../store/keys.ts";
import type { LogModel } from "../model.ts";
import { logBatch } from "../stage/run.ts";
import { mineLine, minerOf } from "../template/miner.ts";
import { explainSession } from "./explain.ts";
import { readSession } from "./session.ts";
import { templateOf } from "./template-of.ts";
import { readTemplates } from "./templates.ts";

test("templates are listed as they are by now, with the ids that they had", async () => {
  const users = ["ann", "bob", "cid", "dan", "eve"];
  const world = await logWorld([]);
  const stage = logPorts(world.table);
  for (const [index, user] of users.entries()) {
    const [record] = logRecords([["start", index, index]], index + 1);
    const message = `2026-11-20 10:00:00 ERROR Auth: account ${user} was locked now`;
    const event = { type: "log", entity: "a", timestamp: L0 + index, message };
    await logBatch(stage, [{ ...record!, data: new TextEncoder().encode(JSON.stringify(event)) }]);
  }
  const { list, currentId, live } = await readTemplates(world.table, "jobs", undefined);
  const joined = list.find(({ text }) => text.includes("<*>"))!;
  expect(list).toHaveLength(1);
  expect(joined).toMatchObject({ text: "Auth: account <*> was locked now", level: "ERROR", firstMs: L0, isNew: false });
  expect(joined.earlierIds).toHaveLength(3);
  for (const id of joined.earlierIds) expect(currentId(id)).toBe(joined.id);
  const find = templateOf(logDetector(), undefined, live);
  const line = { type: "log", entity: "a", timestamp: L0, message: "Auth: account zoe was locked now" } as const;
  expect([find(line), find(line)]).toEqual([joined.id, joined.id]);
  expect(find({ ...line, message: "never seen before" })).toBeUndefined();
});

test("a template that no model knows is new until one does", async () => {
  const model = jobModel();
  const world = await logWorld([[...normalJob(1, 0), ...faultyJob(2, 60)]], model);
  const isNew = async (by: LogModel) =>
    (await readTemplates(world.table, "jobs", by)).list.filter((one) => one.isNew).map(({ text }) => text);
  expect(await isNew(model)).toEqual([expect.stringContaining("cannot write block")]);
  const trained = jobModel();
  mineLine(minerOf(trained.templates), LINES.fault(2));
  expect(await isNew(trained)).toEqual([]);
  const other = templateOf(
    logDetector({ match: { type: "log", entity: "db" } }),
    model,
    (await readTemplates(world.table, "jobs", model)).live,
  );
  expect(other({ type: "log", entity: "worker-1", timestamp: L0, message: LINES.start(1) })).toBeUndefined();
});

test("a template that no store knows any more is told by its listing, from its earliest line on", async () => {
  const world = await logWorld([]);
  const first = { shardId: "s", sequenceNumber: "1", arrivalMs: L0, part: 0, digest: 1 };
  const listed = (id: string, firstMs: number) => ({
    ...{ id, text: `text of ${id}`, firstMs, first },
    isNew: true,
  });
  const items = [listed("a", 5), listed("b", 3), listed("c", 3), listed("d", 9)];
  for (const one of items) {
    const item = { ...templateKey("jobs", one.id), version: 1, doc: JSON.stringify(one) };
    await world.table.putMany([{ item, condition: { kind: "any" } }]);
  }
  const model = { ...jobModel(), currentId: (id: string) => (id === "b" ? "a" : id) };
  const { list } = await readTemplates(world.table, "jobs", model);
  expect(list).toMatchObject([
    { id: "d", text: "text of d" },
    { id: "a", text: "text of a", firstMs: 3, earlierIds: ["b"], isNew: true },
    { id: "c" },
  ]);
  const moved = { ...model, currentId: (id: string) => (id < "c" ? "e" : id) };
  expect((await readTemplates(world.table, "jobs", moved)).list).toContainEqual(
    expect.objectContaining({ id: "e", text: "text of b", earlierIds: ["a", "b"] }),
  );
});

test("a template that is not listed goes by its id", async () => {
  const model = jobModel();
  const world = await logWorld([faultyJob(2, 0)]);
  const [{ id } = { id: "" }] = (await readTemplates(world.table, "jobs", model)).list.filter((one) =>
    one.text.includes("cannot"),
  );
  const find = templateOf(logDetector(), model, (await readTemplates(world.table, "jobs", model)).live);
  const line = { type: "log", entity: "worker-1", timestamp: L0 } as const;
  expect(find({ ...line, message: LINES.fault(9) })).toBe(id);
  expect(find({ ...line, message: LINES.start(9) })).not.toBe(id);
  const gone = { ...templateKey("jobs", id), version: 2, expiresAtMs: 1 };
  await world.table.putMany([{ item: gone, condition: { kind: "any" } }]);
  const { newest } = (await readSession(world.table, "jobs", "job_2"))!;
  expect(await explainSession(world, "jobs", newest, model)).toMatchObject({ extra: [{ template: id }] });
});

test("what cannot be read is named", async () => {
  const world = await logWorld([]);
  const put = (item: object) =>
    world.table.putMany([{ item: { version: 1, doc: "{}", ...item } as never, condition: { kind: "any" } }]);
  await put(templateKey("jobs", "x"));
  await expect(readTemplates(world.table, "jobs", undefined)).rejects.toThrow(
    "the template x of TEMPLATE#jobs cannot be read",
  );
  await put(shardTemplatesKey("jobs", "s"));
  await expect(readTemplates(world.table, "jobs", undefined)).rejects.toThrow(
    "the templates s of SHARD-TEMPLATES#jobs",
  );
});

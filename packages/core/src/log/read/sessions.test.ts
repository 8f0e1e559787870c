import { expect, test } from "vitest";
import { faultyJob, logWorld } from "../../../../../test/support/log-archive.ts";
import { jobModel, L0, LINES, type LineSpec, normalJob } from "../../../../../test/support/log-stage.ts";
import { AppError } from "../../errors.ts";
import { anomalousSessionKey, sessionHeadKey, templateKey } from "../../store/keys.ts";
import { putLabels } from "../../store/labels.ts";
import type { LogModel } from "../model.ts";
import { fitSessions } from "../session/session-model.ts";
import { anomalousOf } from "../store/anomalous-sessions.ts";
import { listAnomalousSessions } from "./anomalous-sessions.ts";
import { explainSession } from "./explain.ts";
import { readSession } from "./session.ts";
import { readTemplates } from "./templates.ts";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const ALL = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 1000 };

const keysOf = async ({ table }: Awaited<ReturnType<typeof logWorld>>, range: object = {}) =>
  (await listAnomalousSessions(table, "jobs", { ...ALL, ...range })).map(({ verdict }) => verdict.key);

test("anomalous sessions are listed newest first, over days, and go on where a page ended", async () => {
  const days = Array.from({ length: 5 }, (_, day) => [
    ...faultyJob(2 * day, day * DAY_S),
    ...normalJob(100 + day, day * DAY_S + 20),
    ...faultyJob(2 * day + 1, day * DAY_S + 40),
  ]);
  const world = await logWorld([...days, [["start", 99, 6 * DAY_S]]], jobModel());
  const newestFirst = Array.from({ length: 10 }, (_, job) => `job_${9 - job}`);
  expect(await keysOf(world)).toEqual(newestFirst);
  expect(await keysOf(world, { fromMs: L0 + DAY_S * 1000, toMs: L0 + (2 * DAY_S + 40) * 1000 })).toEqual([
    ...["job_4", "job_3", "job_2"],
  ]);
  expect(await keysOf(world, { fromMs: 5, toMs: 5 })).toEqual([]);
  for (const limit of [1, 3, 10]) {
    const paged: string[] = [];
    for (let before: string | undefined; ; ) {
      const page = await listAnomalousSessions(world.table, "jobs", { ...ALL, before, limit });
      paged.push(...page.map(({ verdict }) => verdict.key));
      if (page.length < limit) break;
      before = page.at(-1)!.sk;
    }
    expect(paged).toEqual(newestFirst);
  }
});

test("more sessions of one day than a range query gives are all listed", async () => {
  const lines = Array.from({ length: 450 }, (_, job) => faultyJob(job, job)).flat();
  const world = await logWorld([lines.sort((a, b) => a[2] - b[2])], jobModel());
  expect(new Set(await keysOf(world)).size).toBe(450);
});

test("an open session is listed when nothing can repair it, and once only however it goes on", async () => {
  const model = jobModel();
  const open = await logWorld([faultyJob(1, 0)], model);
  expect(await listAnomalousSessions(open.table, "jobs", ALL)).toMatchObject([
    { state: "open", verdict: { key: "job_1", isFinal: true, isAnomalous: true } },
  ]);
  // A line that comes late moves the session's beginning.
  const late = await logWorld([faultyJob(1, 10), [["read", 1, 5]], [["start", 2, DAY_S]]], model);
  expect(await listAnomalousSessions(late.table, "jobs", ALL)).toMatchObject([
    { state: "idle", verdict: { startMs: L0 + 5000, lines: 4 } },
  ]);
});

test("what was listed and is no longer there, or turned out normal, is told apart", async () => {
  const world = await logWorld([faultyJob(1, 0), [["start", 2, DAY_S]]], jobModel());
  const key = anomalousSessionKey("jobs", L0, "job_1");
  const [item] = await world.table.getMany([key]);
  await world.table.putMany([
    { item: { ...sessionHeadKey("jobs", "job_1"), version: 9, expiresAtMs: 1 }, condition: { kind: "any" } },
  ]);
  expect(await keysOf(world)).toEqual(["job_1"]);
  const normal = { ...anomalousOf(item!), isAnomalous: false };
  await world.table.putMany([
    { item: { ...key, version: 1, doc: JSON.stringify(normal) }, condition: { kind: "any" } },
  ]);
  expect(await keysOf(world)).toEqual([]);
  expect(anomalousOf({ ...key, version: 1 })).toBeUndefined();
});

test("one head that cannot be read hides no other session: what was listed of it is told", async () => {
  const world = await logWorld([[...faultyJob(1, 0), ...faultyJob(2, 60)], [["start", 3, DAY_S]]], jobModel());
  const damaged = { ...sessionHeadKey("jobs", "job_1"), version: 9, bytes: Uint8Array.of(1) };
  await world.table.putMany([{ item: damaged, condition: { kind: "any" } }]);
  expect(await listAnomalousSessions(world.table, "jobs", ALL)).toMatchObject([
    { verdict: { key: "job_2" } },
    { state: "idle", verdict: { key: "job_1", isAnomalous: true, lines: 3 } },
  ]);
  world.table.getMany = async () => {
    throw new AppError("UNAVAILABLE", "no table");
  };
  await expect(listAnomalousSessions(world.table, "jobs", ALL)).rejects.toThrow("no table");
});

test("an open session that was listed by an attempt that lost is left out", async () => {
  const lost = await logWorld([faultyJob(1, 0)], jobModel());
  const [item] = await lost.table.getMany([anomalousSessionKey("jobs", L0, "job_1")]);
  const world = await logWorld([normalJob(1, 0).slice(0, 3), faultyJob(2, 60)], jobModel());
  await world.table.putMany([{ item: item!, condition: { kind: "any" } }]);
  expect(await keysOf(world)).toEqual(["job_2"]);
});

test("the sessions of a key: the newest, and those before it", async () => {
  const world = await logWorld(
    [[...normalJob(1, 0), ...faultyJob(1, 2 * HOUR_S), ["start", 1, 5 * HOUR_S]]],
    jobModel(),
  );
  const found = await readSession(world.table, "jobs", "job_1");
  expect(found?.newest).toMatchObject({ state: "open", session: { lines: 1 } });
  expect(found?.earlier.map(({ session, verdict }) => [session.lines, verdict?.isAnomalous])).toEqual([
    [3, true],
    [5, false],
  ]);
  expect(await readSession(world.table, "jobs", "job_2")).toBeUndefined();
});

const explained = async (world: Awaited<ReturnType<typeof logWorld>>, key: string, model?: LogModel) =>
  explainSession(world, "jobs", (await readSession(world.table, "jobs", key))!.newest, model);

test("a verdict is explained by the raw lines that show it", async () => {
  const model = jobModel();
  const world = await logWorld([[...normalJob(1, 0), ...faultyJob(2, 60)], [["start", 3, DAY_S]]], model);
  const fault = {
    line: 8,
    text: LINES.fault(2),
    object: expect.stringMatching(/^events\/dt=2026-11-20\/hour=10\/shard/),
  };
  expect(await explained(world, "job_2", model)).toMatchObject({
    verdict: { isAnomalous: true, isFinal: true, decidedBy: "signatures", modelVersion: 3 },
    extra: [{ count: 1, template: expect.stringContaining("cannot write block <*>"), firstLine: fault }],
    missing: expect.arrayContaining([
      {
        templateId: expect.any(String),
        template: expect.stringContaining("wrote <*> rows"),
        count: 2,
        firstLine: undefined,
      },
    ]),
    firstOffending: fault,
    label: undefined,
  });
});

test("a session's templates are told in the order in which they came first, by their ids of now", async () => {
  const lines: LineSpec[] = [...normalJob(1, 0).slice(0, 4), ...faultyJob(1, 10), ["read", 1, 20]];
  const world = await logWorld([lines, [["start", 3, DAY_S]]]);
  const { templates } = await explained(world, "job_1");
  expect(templates.map(({ text, count }) => [text.split(" ").slice(0, 3).join(" "), count])).toEqual([
    ["INFO Scheduler: started", 2],
    ["INFO Reader: read", 3],
    ["INFO Writer: wrote", 2],
    ["ERROR Writer: cannot", 1],
  ]);
  const model = jobModel();
  const byModel = await explained(world, "job_1", model);
  expect(byModel.templates).toEqual(templates);
  const [first, second] = templates;
  const joined = { ...model, currentId: (id: string) => (id === second!.id ? first!.id : id) };
  expect((await explained(world, "job_1", joined)).templates).toMatchObject([{ id: first!.id, count: 5 }, {}, {}]);
  await world.table.putMany([
    { item: { ...templateKey("jobs", first!.id), version: 2, doc: "{" }, condition: { kind: "any" } },
  ]);
  expect((await explained(world, "job_1")).templates[0]).toMatchObject({ id: first!.id, text: first!.id });
});

test("an open session is judged as it is now, by the live model; without one it gets no verdict", async () => {
  const model = jobModel();
  const half = await logWorld([normalJob(1, 0).slice(0, 3)]);
  expect(await explained(half, "job_1")).toMatchObject({ verdict: undefined, missing: [], extra: [] });
  expect(await explained(half, "job_1", model)).toMatchObject({
    verdict: { isFinal: false, isAnomalous: true },
    missing: [{ count: 1 }, { count: 1 }],
  });
  // One more line after the early verdict.
  const broken = await logWorld([[...faultyJob(2, 0), ["fault", 2, 5]]], model);
  expect(await explained(broken, "job_2", model)).toMatchObject({
    verdict: { isFinal: true, lines: 4 },
    extra: [{ count: 2 }],
  });
  const first = { verdict: { isFinal: true, isAnomalous: true, lines: 3 }, extra: [{ count: 1 }] };
  expect(await explained(broken, "job_2")).toMatchObject(first);
  // A newer model, to which such sessions are normal.
  const { list } = await readTemplates(broken.table, "jobs", model);
  const counts = new Map(list.map(({ id, text }) => [id, text.includes("cannot write") ? 2 : 1]));
  const lenient = { ...model, version: 4, sessions: fitSessions(Array(60).fill(counts), new Set()) };
  expect(await explained(broken, "job_2", lenient)).toMatchObject(first);
});

test("what was said after a silence is not final: the live model says it anew", async () => {
  const model = jobModel();
  const world = await logWorld([normalJob(1, 0).slice(0, 3)]);
  const { newest } = (await readSession(world.table, "jobs", "job_1"))!;
  const { verdict } = await explained(world, "job_1", model);
  const quiet = { ...newest, verdict: { ...verdict!, lines: 2, missing: [], extra: [] } };
  expect((await explainSession(world, "jobs", quiet, undefined)).verdict).toMatchObject({ isFinal: false, lines: 2 });
  expect((await explainSession(world, "jobs", quiet, model)).verdict).toMatchObject({ isFinal: false, lines: 3 });
});

test("a session that ended before there was a model is judged by the one that there is now", async () => {
  const world = await logWorld([faultyJob(1, 0), [["start", 2, DAY_S]]]);
  expect(await explained(world, "job_1", jobModel())).toMatchObject({ verdict: { isAnomalous: true, isFinal: true } });
});

test("of the labels of a session's key the one made last counts, if the session began in it", async () => {
  const world = await logWorld([faultyJob(1, 0)]);
  const labelled = async (fromMs: number, toMs: number, label: "anomalous" | "normal", createdAtMs: number) => {
    const one = { detector: "jobs", entity: "job_1", fromMs, toMs, label };
    await putLabels({ table: world.table, clock: () => createdAtMs }, [one]);
    return (await explained(world, "job_1")).label?.label;
  };
  expect(await labelled(L0 + 60_000, L0 + 70_000, "normal", 1)).toBeUndefined();
  expect(await labelled(L0, L0 + 1, "anomalous", 3)).toBe("anomalous");
  expect(await labelled(L0, L0 + 2, "normal", 2)).toBe("anomalous");
  expect(await labelled(L0, L0 + 3, "normal", 4)).toBe("normal");
  expect(await labelled(L0 - 5, L0 + 9, "anomalous", 4)).toBe("normal");
});

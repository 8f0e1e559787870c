import { expect, test } from "vitest";
import {
  headOf,
  itemsUnder,
  jobModel,
  L0,
  type LineSpec,
  labelledJobModel,
  logDetector,
  logEvent,
  logPorts,
  logRecords,
  normalJob,
} from "../../../../../test/support/log-stage.ts";
import { memoryTable } from "../../../../../test/support/memory-table.ts";
import { record } from "../../../../../test/support/scoring.ts";
import { AppError } from "../../errors.ts";
import { totalCounts } from "../../store/counts.ts";
import { shardTemplatesKey } from "../../store/keys.ts";
import type { Table } from "../../store/ports.ts";
import { decodeStore } from "../template/codec.ts";
import { templatesOf } from "../template/store.ts";
import { templateText } from "../template/template.ts";
import { endSilentSessions, logBatch } from "./run.ts";

const HOUR_S = 3600;

test("lines become sessions, and a silence ends them", async () => {
  const table = memoryTable();
  const ports = logPorts(table);
  const report = await logBatch(ports, logRecords([...normalJob(1, 0), ...normalJob(2, 10)]));
  expect(report).toMatchObject({ received: 10, lines: 10, deliveries: 10, unmatched: 0, newTemplates: 4 });
  expect(report).toMatchObject({ sessionsWritten: 2, sessionsEnded: 0, anomalousSessions: 0, failed: [] });
  expect(await headOf(table, "job_1")).toMatchObject({
    ...{ lines: 5, ended: 0, state: "open", verdict: undefined },
    session: { key: "job_1", firstMs: L0, lastMs: L0 + 4000, lines: 5, longestGapMs: 1000 },
  });

  const later = await logBatch(ports, logRecords(normalJob(3, HOUR_S), 11));
  expect(later).toMatchObject({ sessionsEnded: 2, newTemplates: 0 });
  expect(await headOf(table, "job_1")).toMatchObject({ lines: 5, ended: 1, state: "idle", verdict: undefined });
  expect(await headOf(table, "job_3")).toMatchObject({ state: "open" });
  expect(itemsUnder(table, "DUE-SESSIONS#")).toHaveLength(1);
});

test("of a batch that comes again only what is new in it is counted", async () => {
  const table = memoryTable();
  const ports = logPorts(table, [logDetector({ match: { type: "log", entity: "worker-1" } })]);
  const lines = logRecords([...normalJob(1, 0), ...normalJob(2, 10)]);
  const stray = record(90, { ...logEvent(["start", 3, 20]), entity: "other" });
  const invalid = record(91, { type: "log", note: "no message" });
  await logBatch(ports, lines.slice(0, 4));
  const all = [...lines, stray, invalid];
  expect(await logBatch(ports, all)).toMatchObject({
    ...{ received: 12, repeated: 4, lines: 7, deliveries: 6, unmatched: 1, invalid: 1, sessionsWritten: 2 },
  });
  expect(await logBatch(ports, all)).toMatchObject({
    ...{ received: 12, repeated: 12, lines: 0, deliveries: 0, unmatched: 0, invalid: 0, sessionsWritten: 0 },
  });
  expect(await totalCounts(table, "log")).toMatchObject({ received: 12, lines: 11, deliveries: 10 });
});

test("a key that comes back has another session, and the one before is kept", async () => {
  const table = memoryTable();
  const ports = logPorts(table, undefined, jobModel());
  const twice = [...normalJob(1, 0), ["fault", 1, 2 * HOUR_S]] as LineSpec[];
  const report = await logBatch(ports, logRecords(twice));
  expect(report).toMatchObject({ sessionsEnded: 1, anomalousSessions: 1 });
  expect(await headOf(table, "job_1")).toMatchObject({ lines: 6, ended: 1, state: "open", session: { lines: 1 } });
  expect(itemsUnder(table, "SESSION#jobs#job_1").map(({ sk, version }) => [sk, version])).toEqual([
    ["HEAD", 7],
    [`PAST#${String(L0).padStart(15, "0")}`, 5],
  ]);

  await logBatch(ports, logRecords([["start", 2, 5 * HOUR_S]], 7));
  await logBatch(ports, logRecords([["start", 1, 6 * HOUR_S]], 8));
  expect(itemsUnder(table, "SESSION#jobs#job_1")).toHaveLength(3);
});

test("a session ends with the line that makes it as long as allowed", async () => {
  const table = memoryTable();
  const ports = logPorts(table, [logDetector({ session: { maxLines: 3 } })]);
  expect(await logBatch(ports, logRecords(normalJob(1, 0)))).toMatchObject({ sessionsEnded: 1 });
  expect(await headOf(table, "job_1")).toMatchObject({ lines: 5, ended: 1, state: "open", session: { lines: 2 } });
});

test("a template too many is told at once, what is missing when the session ends", async () => {
  const table = memoryTable();
  const ports = logPorts(table, undefined, jobModel());
  const faulty = await logBatch(
    ports,
    logRecords([
      ["start", 1, 0],
      ["fault", 1, 1],
      ["start", 2, 2],
      ["end", 2, 3],
    ]),
  );
  expect(faulty).toMatchObject({ anomalousSessions: 1, sessionsEnded: 0 });
  const { verdict } = await headOf(table, "job_1");
  expect(verdict).toMatchObject({
    isAnomalous: true,
    isFinal: true,
    decidedBy: "signatures",
    modelVersion: 3,
    lines: 2,
  });
  expect(verdict?.extra).toMatchObject([
    { template: "ERROR Writer: cannot write block <*> of <*>: disk full", count: 1 },
  ]);
  expect(verdict?.firstOffending).toMatchObject({ shardId: "shardId-000000000000", arrivalMs: L0 + 1000, part: 0 });
  expect((await headOf(table, "job_2")).verdict).toBeUndefined();

  const later = await logBatch(ports, logRecords(normalJob(3, HOUR_S), 5));
  expect(later).toMatchObject({ sessionsEnded: 2, anomalousSessions: 1 });
  const cut = (await headOf(table, "job_2")).verdict;
  expect(cut).toMatchObject({ isAnomalous: true, isFinal: true, extra: [] });
  expect(cut?.missing.map(({ count }) => count)).toEqual([1, 2]);
  expect(itemsUnder(table, "ANOMALOUS-SESSIONS#").map(({ sk }) => sk.slice(16))).toEqual(["job_1", "job_2"]);
  const next = await logBatch(ports, logRecords(normalJob(4, 2 * HOUR_S), 10));
  expect(next).toMatchObject({ sessionsEnded: 1, anomalousSessions: 0 });
  expect((await headOf(table, "job_3")).verdict).toMatchObject({ isAnomalous: false, missing: [], extra: [] });
});

test("a session that was listed early is listed as it ended, be it normal by another model", async () => {
  const table = memoryTable();
  await logBatch(logPorts(table, undefined, jobModel()), logRecords([["fault", 1, 0]]));
  const learnt = jobModel(["fault"]);
  await logBatch(logPorts(table, undefined, learnt), logRecords(normalJob(2, HOUR_S), 2));
  expect(JSON.parse(itemsUnder(table, "ANOMALOUS-SESSIONS#")[0]!.doc!)).toMatchObject({
    isAnomalous: false,
    key: "job_1",
  });
});

test("a model of another definition is none", async () => {
  const table = memoryTable();
  const other = logDetector({ session: { key: { pattern: "node (\\d+)" } } });
  await logBatch(
    logPorts(table, [other], jobModel()),
    logRecords([
      ["fault", 1, 0],
      ["start", 1, 1],
    ]),
  );
  expect(itemsUnder(table, "ANOMALOUS-SESSIONS#")).toEqual([]);
});

test("a forest that learnt from labels decides, at once on what no normal session had", async () => {
  const table = memoryTable();
  const ports = logPorts(table, undefined, await labelledJobModel());
  const once = normalJob(1, 0).filter((_, index) => index !== 2);
  const report = await logBatch(ports, logRecords([...once, ...normalJob(2, 10), ["start", 3, 20], ["fault", 3, 21]]));
  expect(report).toMatchObject({ anomalousSessions: 1 });
  expect((await headOf(table, "job_3")).verdict).toMatchObject({ isFinal: true, decidedBy: "labels" });
  await logBatch(ports, logRecords(normalJob(4, HOUR_S), 12));
  const verdicts = await Promise.all([1, 2, 3].map(async (job) => (await headOf(table, `job_${job}`)).verdict));
  expect(verdicts.map((verdict) => verdict?.isAnomalous)).toEqual([true, false, true]);
});

test("lines of templates that the model has get its ids, others are news of the shard", async () => {
  const table = memoryTable();
  const model = jobModel();
  const ports = logPorts(table, undefined, model);
  await logBatch(ports, logRecords([...normalJob(1, 0), ["fault", 1, 5]]));
  const listed = itemsUnder(table, "TEMPLATE#jobs").map(({ doc }) => JSON.parse(doc!));
  expect(listed.filter(({ isNew }) => isNew)).toMatchObject([
    { text: expect.stringMatching(/^ERROR/), firstMs: L0 + 5000 },
  ]);
  expect(listed).toHaveLength(5);
  const [item] = await table.getMany([shardTemplatesKey("jobs", "shardId-000000000000")]);
  const own = [...templatesOf(decodeStore(item!.bytes!, "it"))];
  expect(own.map(templateText)).toEqual(["ERROR Writer: cannot write block <*> of <*>: disk full"]);

  // A model that has it too takes it over with the next change.
  const wider = logPorts(table, undefined, jobModel(["fault"]));
  await logBatch(wider, [record(7, { ...logEvent(["end", 1, 6]), message: "something else of job_1" })]);
  const [after] = await table.getMany([shardTemplatesKey("jobs", "shardId-000000000000")]);
  expect([...templatesOf(decodeStore(after!.bytes!, "it"))].map(templateText)).toEqual(["something else of <*>"]);
});

test("two detectors take the same lines, each for itself; keys may stand in a field, or be the event's own", async () => {
  const table = memoryTable();
  const own = logDetector({ id: "own", session: { key: undefined }, format: "plain" });
  const field = logDetector({ id: "field", session: { key: { field: "request" } } });
  const text = logDetector({ id: "text", format: "<Level> <Component>: <Content>" });
  const ports = logPorts(table, [own, field, text]);
  const event = { ...logEvent(["start", 1, 0]), session: "s-1" };
  const json = { ...event, message: '{"level":"info","msg":"done job_7","request":"r-1"}\n  at a stack' };
  const report = await logBatch(ports, [record(1, event), record(2, json), record(3, logEvent(["end", 1, 1]))]);
  expect(report).toMatchObject({ lines: 3, deliveries: 9, sessionsWritten: 4 });
  const keys = itemsUnder(table, "SESSION#").map(({ pk, version }) => [pk, version]);
  expect(keys).toEqual([
    ["SESSION#field#r-1", 1],
    ["SESSION#own#s-1", 2],
    ["SESSION#text#job_1", 2],
    ["SESSION#text#job_7", 1],
  ]);
});

test("counts of templates are series of their own", async () => {
  const table = memoryTable();
  const ports = logPorts(table, [logDetector({ rates: { intervalSeconds: 60, maxTemplates: 3 } })]);
  const jobs = Array.from({ length: 10 }, (_, index) => normalJob(index, index * 60)).flat();
  await logBatch(ports, logRecords(jobs));
  const heads = itemsUnder(table, "SERIES#jobs.rates#").filter(({ sk }) => sk === "HEAD");
  expect(heads.map(({ version }) => version).sort()).toEqual([10, 10, 20]);
});

test("records that are no log events, unmatched and invalid ones are counted", async () => {
  const table = memoryTable();
  const ports = logPorts(table, [logDetector({ match: { type: "log", entity: "worker-*" } })]);
  const metric = { type: "metric", entity: "a", timestamp: L0, values: { cpu: 1 } };
  const report = await logBatch(ports, [
    record(1, metric),
    record(2, { ...logEvent(["start", 1, 0]), entity: "other" }),
    record(3, { type: "log" }),
    record(4, logEvent(["start", 1, 0])),
    record(5, { ...logEvent(["start", 1, 0]), message: "of no job" }),
  ]);
  expect(report).toMatchObject({ received: 4, ignored: 1, invalid: 1, lines: 3, unmatched: 1, deliveries: 2 });
  expect(report.sessionsWritten).toBe(1);
  expect(await totalCounts(table, "log")).toEqual({
    ...{ received: 4, lines: 3, invalid: 1, unmatched: 1, deliveries: 2, failed: 0 },
  });
});

test("a session that cannot be read fails alone, and its records are kept", async () => {
  const table = memoryTable();
  const ports = logPorts(table);
  await logBatch(ports, logRecords([...normalJob(1, 0), ...normalJob(2, 1)]));
  const [head] = itemsUnder(table, "SESSION#jobs#job_1");
  await table.putMany([{ item: { ...head!, bytes: new Uint8Array(9) }, condition: { kind: "any" } }]);
  const report = await logBatch(
    ports,
    logRecords(
      [
        ["end", 1, 9],
        ["end", 2, 9],
      ],
      11,
    ),
  );
  expect(report.failed).toMatchObject([{ record: { sequenceNumber: expect.stringMatching(/11$/) } }]);
  expect(report.failed[0]!.reason).toMatch(/detector jobs, session job_1: the head of .* is corrupt/);
  expect(await headOf(table, "job_2")).toMatchObject({ lines: 6 });
  expect(await totalCounts(table, "log")).toMatchObject({ failed: 1, deliveries: 12 });
  // The sweep leaves it alone.
  await logBatch(ports, logRecords(normalJob(3, HOUR_S), 13));
  expect(await headOf(table, "job_2")).toMatchObject({ state: "idle" });
});

test("a model that cannot be read is reported, and sessions go on without verdicts", async () => {
  const table = memoryTable();
  const ports = {
    ...logPorts(table),
    modelOf: async () => {
      throw new AppError("CORRUPT", "it is damaged");
    },
  };
  const report = await logBatch(ports, logRecords([["fault", 1, 0]]));
  expect(report.unusableModels).toEqual([{ detector: "jobs", reason: "it is damaged" }]);
  expect(await headOf(table, "job_1")).toMatchObject({ lines: 1, verdict: undefined });
  const away = { ...ports, modelOf: async () => Promise.reject(new AppError("UNAVAILABLE", "later")) };
  await expect(logBatch(away, logRecords([["fault", 1, 1]], 2))).rejects.toThrow("later");
});

test("of a batch of one record, what it throws is its fault; what passes is not", async () => {
  const table = memoryTable();
  const broken = (error: unknown): Table => ({
    ...table,
    putMany: async (puts) => {
      if (puts.some(({ item }) => item.pk.startsWith("SESSION#"))) throw error;
      return await table.putMany(puts);
    },
  });
  const one = logRecords([["start", 1, 0]]);
  const report = await logBatch(logPorts(broken(new TypeError("odd"))), one);
  expect(report.failed).toEqual([{ record: one[0], reason: "odd" }]);
  expect(await totalCounts(table, "log")).toMatchObject({ received: 1, deliveries: 1, failed: 1 });
  const away = logPorts(broken(new AppError("UNAVAILABLE", "away")));
  await expect(logBatch(away, one)).rejects.toThrow("away");
  await expect(logBatch(logPorts(broken(new TypeError("odd"))), logRecords(normalJob(1, 0), 2))).rejects.toThrow("odd");
});

test("the clock ends the sessions of a log that has stopped", async () => {
  const table = memoryTable();
  const model = jobModel();
  const ports = logPorts(table, undefined, model);
  expect(await endSilentSessions(ports, L0)).toBe(0);
  await logBatch(ports, logRecords([...normalJob(1, 0), ["start", 2, 5]]));
  expect(await endSilentSessions(ports, L0 + 60_000)).toBe(0);
  await logBatch(ports, logRecords([["end", 2, 1500]], 7));
  // The first one has been silent for longer than half an hour by now, the second one has not.
  expect(await endSilentSessions(ports, L0 + 2300_000)).toBe(1);
  expect(await headOf(table, "job_2")).toMatchObject({ state: "open" });
  expect(await endSilentSessions(ports, L0 + 9000_000)).toBe(1);
  expect(await headOf(table, "job_2")).toMatchObject({ state: "idle", verdict: { isAnomalous: true } });
  expect(itemsUnder(table, "DUE-SESSIONS#")).toEqual([]);
  expect(await endSilentSessions(ports, L0 + 99_000_000)).toBe(0);
});

test("a session that falls silent is judged as it is, and again when it goes on", async () => {
  const table = memoryTable();
  const detectors = [logDetector({ session: { quietSeconds: 60, idleSeconds: 86_400 } })];
  const ports = logPorts(table, detectors, jobModel([], detectors[0]));
  await logBatch(ports, logRecords([["start", 1, 0], ["read", 1, 1], ...normalJob(2, 5)]));
  const quiet = await logBatch(ports, logRecords([["start", 3, 200]], 8));
  expect(quiet).toMatchObject({ anomalousSessions: 1, sessionsEnded: 0 });
  expect(await headOf(table, "job_1")).toMatchObject({ state: "open", verdict: { isAnomalous: true, isFinal: false } });
  expect((await headOf(table, "job_2")).verdict).toBeUndefined();
  // The rest comes late: it was normal after all.
  const rest = normalJob(1, 300).slice(2);
  await logBatch(ports, logRecords([...rest, ["read", 3, 310]], 9));
  await logBatch(ports, logRecords([["write", 3, 400]], 13));
  expect(await headOf(table, "job_1")).toMatchObject({ state: "open", verdict: { isAnomalous: false, lines: 5 } });
  const listed = itemsUnder(table, "ANOMALOUS-SESSIONS#").map(({ doc }) => JSON.parse(doc!));
  expect(listed.map(({ key, isAnomalous }) => [key, isAnomalous])).toEqual([
    ["job_1", false],
    ["job_3", true],
  ]);
  // By the clock as well, once; then it waits for the end.
  expect(await endSilentSessions(ports, L0 + 500_000)).toBe(0);
  expect(await headOf(table, "job_3")).toMatchObject({ verdict: { isAnomalous: true, isFinal: false, lines: 3 } });
  expect(await endSilentSessions(ports, L0 + 600_000)).toBe(0);
  expect(await endSilentSessions(ports, L0 + 90_000_000)).toBe(3);
  expect(itemsUnder(table, "DUE-SESSIONS#")).toEqual([]);
  expect(() => logDetector({ session: { quietSeconds: 60, idleSeconds: 60 } })).toThrow(/less than idleSeconds/);
});

test("what an attempt has told is taken back when another consumer's lines change it", async () => {
  const table = memoryTable();
  const detectors = [logDetector({ session: { quietSeconds: 60, idleSeconds: 600 } })];
  await logBatch(logPorts(table, detectors, jobModel([], detectors[0])), logRecords([["start", 1, 0]]));
  let isFirst = true;
  const contested: Table = {
    ...table,
    putMany: async (puts) => {
      if (isFirst && puts.some(({ item }) => item.pk.startsWith("SESSION#"))) {
        isFirst = false;
        const others: LineSpec[] = [
          ["read", 1, 30],
          ["write", 1, 60],
          ["write", 1, 90],
        ];
        await logBatch(logPorts(table, detectors, jobModel([], detectors[0])), logRecords(others, 1, 1));
      }
      return await table.putMany(puts);
    },
  };
  const report = await logBatch(
    logPorts(contested, detectors, jobModel([], detectors[0])),
    logRecords([["end", 1, 100]], 2),
  );
  expect(report).toMatchObject({ conflicts: 1, anomalousSessions: 0 });
  expect(await headOf(table, "job_1")).toMatchObject({ lines: 5, verdict: undefined });
  expect(itemsUnder(table, "ANOMALOUS-SESSIONS#")).toEqual([]);
});

import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import {
  headOf,
  itemsUnder,
  jobModel,
  L0,
  type LineSpec,
  logDetector,
  logEvent,
  logPorts,
  logRecords,
  normalJob,
} from "../../../../../test/support/log-stage.ts";
import { memoryTable } from "../../../../../test/support/memory-table.ts";
import { record } from "../../../../../test/support/scoring.ts";
import { AppError } from "../../errors.ts";
import { dueSessionsKey, sessionHeadKey, shardTemplatesKey, templateKey } from "../../store/keys.ts";
import type { Item, Table } from "../../store/ports.ts";
import { decodeSessionHead, encodeSessionHead } from "../store/session-head.ts";
import { endSilentSessions, logBatch } from "./run.ts";

const put = (table: Table, item: Item) => table.putMany([{ item, condition: { kind: "any" } }]);

test("more lists of due sessions, and more templates, than one query gives are all read", async () => {
  const table = memoryTable();
  const ports = logPorts(table, [logDetector({ session: { idleSeconds: 8 } })]);
  const doc = (id: number) => ({
    id: `${id}`.padStart(16, "0"),
    text: `t ${id}`,
    firstMs: 1,
    isNew: false,
    isRated: false,
  });
  const first = { shardId: "s", sequenceNumber: "1", arrivalMs: 1, part: 0, digest: 1 };
  for (let id = 0; id < 1001; id++) {
    const stored = { ...doc(id), first };
    await put(table, { ...templateKey("jobs", stored.id), version: 1, doc: JSON.stringify(stored) });
  }
  const starts = Array.from({ length: 300 }, (_, job): LineSpec => ["start", job, job]);
  expect(await logBatch(ports, logRecords(starts))).toMatchObject({ newTemplates: 1 });
  expect(await logBatch(ports, logRecords([["end", 999, 5000]], 301))).toMatchObject({
    sessionsEnded: expect.any(Number),
  });
  const states = itemsUnder(table, "SESSION#").map((item) => decodeSessionHead(item).state);
  expect(states.filter((state) => state === "idle")).toHaveLength(300);
});

test("a session that speaks while it is about to end is looked at again", async () => {
  const table = memoryTable();
  const ports = logPorts(table);
  await logBatch(ports, logRecords(normalJob(1, 0)));
  let isFirst = true;
  const contested: Table = {
    ...table,
    putMany: async (puts) => {
      if (isFirst && puts.some(({ item }) => item.pk.startsWith("SESSION#"))) {
        isFirst = false;
        await logBatch(ports, logRecords([["fault", 1, 1700]], 1, 1));
      }
      return await table.putMany(puts);
    },
  };
  expect(await endSilentSessions(logPorts(contested), L0 + 2300_000)).toBe(0);
  expect(await headOf(table, "job_1")).toMatchObject({ state: "open", lines: 6 });
  expect(await endSilentSessions(ports, L0 + 9000_000)).toBe(1);
  expect(await headOf(table, "job_1")).toMatchObject({ state: "idle", lines: 6 });
});

test("hints, listings and templates that cannot be read stop nothing", async () => {
  const table = memoryTable();
  await logBatch(logPorts(table), logRecords(normalJob(1, 0)));
  const shardId = "shardId-000000000000";
  const broken = [dueSessionsKey("jobs", shardId, 1, "x"), templateKey("jobs", "0000000000000001")];
  for (const key of broken) await put(table, { ...key, version: 1, doc: "{" });
  const [store] = await table.getMany([shardTemplatesKey("jobs", shardId)]);
  await put(table, { ...store!, bytes: new Uint8Array(7) });
  const report = await logBatch(logPorts(table), logRecords([...normalJob(2, 9), ...normalJob(3, 4000)], 6));
  expect(report).toMatchObject({ sessionsEnded: 2, failed: [] });
  const [again] = await table.getMany([shardTemplatesKey("jobs", shardId)]);
  expect(again?.bytes).toEqual(store?.bytes);
  expect(await headOf(table, "job_2")).toMatchObject({ state: "idle", lines: 5 });
});

test("a line that came in time opens the session again that others' time had ended", async () => {
  const table = memoryTable();
  const ports = logPorts(table, undefined, jobModel());
  const early = normalJob(1, 0).slice(0, 3);
  await logBatch(ports, logRecords(early));
  // Another shard is an hour ahead; this one's consumer had stood still.
  await logBatch(ports, logRecords([["start", 2, 4000]], 4));
  expect(await headOf(table, "job_1")).toMatchObject({ state: "idle", verdict: { isAnomalous: true, isFinal: true } });
  await logBatch(ports, logRecords(normalJob(1, 0).slice(3), 1, 1));
  expect(await headOf(table, "job_1")).toMatchObject({ state: "open", lines: 5, verdict: { isFinal: false } });
  await logBatch(ports, logRecords([["start", 3, 9000]], 4, 1));
  expect(await headOf(table, "job_1")).toMatchObject({ state: "idle", lines: 5, session: { lines: 5 } });
  expect((await headOf(table, "job_1")).verdict).toMatchObject({ isAnomalous: false, isFinal: true });
  expect(itemsUnder(table, "ANOMALOUS-SESSIONS#").map(({ doc }) => JSON.parse(doc!).isAnomalous)).toContain(false);
});

test("a clock in the future ends nothing", async () => {
  const table = memoryTable();
  await logBatch(logPorts(table), logRecords(normalJob(1, 0)));
  const event = { ...logEvent(["start", 2, 10]), timestamp: L0 + 50 * 365 * 86_400_000 };
  expect(await logBatch(logPorts(table), [record(6, event, 0, L0 + 10_000)])).toMatchObject({ sessionsEnded: 0 });
});

test("keys of any characters and lengths fit into the table", async () => {
  const table = memoryTable();
  const ports = logPorts(table, [logDetector({ session: { key: { pattern: "id=(.+)" } } })]);
  const keys = ["\ud800", `${"é".repeat(300)}`, "\u0001".repeat(400), `${"a".repeat(255)}😀`];
  const records = keys.map((key, at) => record(at + 1, { ...logEvent(["start", 1, at]), message: `id=${key}` }));
  expect(await logBatch(ports, records)).toMatchObject({ sessionsWritten: 4, failed: [] });
  for (const { pk } of itemsUnder(table, "SESSION#")) {
    expect(pk.isWellFormed()).toBe(true);
    expect(new TextEncoder().encode(pk).length).toBeLessThanOrEqual("SESSION#jobs#".length + 256);
  }
});

test("a head of a session that is damaged says what is wrong", async () => {
  const table = memoryTable();
  await logBatch(logPorts(table), logRecords(normalJob(1, 0)));
  const [item] = await table.getMany([sessionHeadKey("jobs", "job_1")]);
  const { bytes, ...rest } = item!;
  expect(() => decodeSessionHead(rest)).toThrow(/the head of SESSION#jobs#job_1 is corrupt: it has no bytes/);
  expect(() => decodeSessionHead({ ...item!, doc: "{}" })).toThrow("its verdict cannot be read");
  expect(() => decodeSessionHead({ ...item!, doc: "{" })).toThrow("its verdict cannot be read");
  const head = decodeSessionHead(item!);
  const odd = encodeSessionHead({ ...head, state: "length" }).bytes!;
  const at = odd.findIndex((byte, index) => byte !== encodeSessionHead(head).bytes![index]);
  expect(() => decodeSessionHead({ ...item!, bytes: odd.with(at, 9) })).toThrow("it has no known state");
  expect(bytes!.length).toBeLessThan(400);
});

test("who always comes second gives up, without a session's key", async () => {
  const table = memoryTable();
  const second = (prefix: string): Table => ({
    ...table,
    putMany: async (puts) =>
      puts.some(({ item }) => item.pk.startsWith(prefix)) ? puts.map(() => "conflict") : await table.putMany(puts),
  });
  const why = "1 sessions of detector jobs were written by other consumers 100 times in a row";
  await expect(logBatch(logPorts(second("SESSION#")), logRecords(normalJob(1, 0)))).rejects.toThrow(why);
  const templates = /another consumer wrote the templates of SHARD-TEMPLATES#jobs/;
  await expect(logBatch(logPorts(second("SHARD-TEMPLATES#")), logRecords(normalJob(1, 0)))).rejects.toThrow(templates);
});

test("a shard's templates fit into an item, however long the lines are", async () => {
  const table = memoryTable();
  const ports = logPorts(table);
  const words = (line: number) =>
    Array.from({ length: 80 }, (_, at) => `w${"abcdefghij"[at % 10]}${"x".repeat(line % 97)}q${"y".repeat(at)}`);
  const records = Array.from({ length: 120 }, (_, line) =>
    record(line + 1, { ...logEvent(["start", 1, line]), message: `${words(line).join(" ")} job_1` }),
  );
  expect(await logBatch(ports, records)).toMatchObject({ failed: [], deliveries: 120 });
  const [store] = await table.getMany([shardTemplatesKey("jobs", "shardId-000000000000")]);
  expect(store!.bytes!.length).toBeGreaterThan(200_000);
  expect(store!.bytes!.length).toBeLessThan(350_000);
  expect(itemsUnder(table, "TEMPLATE#").map(({ doc }) => JSON.parse(doc!).text)).toContain("<overflow>");
});

test("compressed records are taken some at a time, and counted together", async () => {
  const table = memoryTable();
  const ports = { ...logPorts(table), inflate: (bytes: Uint8Array) => gunzipSync(bytes) };
  const packed = (number: number) => {
    const logEvents = [0, 1].map((line) => ({ timestamp: L0 + number, message: `INFO line ${line} of job_${number}` }));
    const text = JSON.stringify({ messageType: "DATA_MESSAGE", logGroup: "app", logStream: "s", logEvents });
    return { ...record(number, {}), data: new Uint8Array(gzipSync(text)) };
  };
  const records = Array.from({ length: 20 }, (_, index) => packed(index + 1));
  expect(await logBatch(ports, records)).toMatchObject({
    received: 20,
    lines: 40,
    sessionsWritten: 20,
    newTemplates: 1,
  });
  expect(await logBatch(ports, records)).toMatchObject({ received: 20, sessionsWritten: 0 });
  const unread = { ...ports, modelOf: async () => Promise.reject(new AppError("CORRUPT", "damaged")) };
  const report = await logBatch(
    unread,
    Array.from({ length: 20 }, (_, index) => packed(index + 21)),
  );
  expect(report.unusableModels).toHaveLength(1);
});

test("of several lines that fail, the reasons are in the order of the stream", async () => {
  const table = memoryTable();
  await logBatch(logPorts(table), logRecords([...normalJob(1, 0), ...normalJob(2, 1)]));
  for (const key of ["job_1", "job_2"]) {
    const item = { ...sessionHeadKey("jobs", key), version: 9, bytes: new Uint8Array(3) };
    await put(table, item);
  }
  const ends: LineSpec[] = [
    ["end", 2, 9],
    ["end", 1, 10],
    ["end", 2, 11],
  ];
  const { failed } = await logBatch(logPorts(table), logRecords(ends, 11));
  expect(failed.map(({ record: { sequenceNumber } }) => sequenceNumber.slice(-2))).toEqual(["11", "12", "13"]);
});

import { expect, test } from "vitest";
import {
  headOf,
  itemsUnder,
  L0,
  type LineSpec,
  logDetector,
  logPorts,
  logRecords,
  normalJob,
} from "../../../../../test/support/log-stage.ts";
import { memoryTable } from "../../../../../test/support/memory-table.ts";
import { dueSessionsKey, sessionHeadKey, templateKey } from "../../store/keys.ts";
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
  expect(await endSilentSessions(logPorts(contested), L0 + 1900_000)).toBe(0);
  expect(await headOf(table, "job_1")).toMatchObject({ state: "open", lines: 6 });
  expect(await endSilentSessions(ports, L0 + 9000_000)).toBe(1);
  expect(await headOf(table, "job_1")).toMatchObject({ state: "idle", lines: 6 });
});

test("lists and listings that cannot be read say which ones they are", async () => {
  const table = memoryTable();
  await logBatch(logPorts(table), logRecords(normalJob(1, 0)));
  const due = { ...dueSessionsKey("jobs", "shardId-000000000000", 1, "x"), version: 1, doc: "{}" };
  await put(table, due);
  await expect(logBatch(logPorts(table), logRecords(normalJob(2, 9), 6))).rejects.toThrow(
    /the list DUE-SESSIONS#jobs.* cannot be read/,
  );
  const other = memoryTable();
  await put(other, { ...templateKey("jobs", "0000000000000001"), version: 1, doc: "{}" });
  const two = logRecords(normalJob(2, 9));
  await expect(logBatch(logPorts(other), two)).rejects.toThrow(/the stored template 0000000000000001 cannot be read/);
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

import { describe, expect, it } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { detector, distanceScorer, metric, record, scorePorts, T0 } from "../../../../test/support/scoring.ts";
import type { Detector } from "../detector.ts";
import { AppError } from "../errors.ts";
import { scoreBatch } from "../score/run.ts";
import { readAnomalies } from "./anomalies.ts";
import type { Table } from "./ports.ts";

const DAY_MS = 86_400_000;
const [normal, fault] = [
  { cpu: 50, memory: 50 },
  { cpu: 900, memory: 50 },
];
const score = async (table: Table, of: Detector, records: ReturnType<typeof record>[], center = 50) =>
  scoreBatch(scorePorts(table, [of], [await distanceScorer(of, center)]), records);
/** Dies when the side items are written and no head is. */
const dyingAtHeads = (table: Table): Table => ({
  ...table,
  putMany: async (puts) => {
    if (puts.some(({ item }) => item.sk === "HEAD")) throw new AppError("UNAVAILABLE", "crash");
    return await table.putMany(puts);
  },
});
const die = (table: Table, of: Detector, records: ReturnType<typeof record>[]) =>
  expect(score(dyingAtHeads(table), of, records)).rejects.toThrow("crash");
const listed = async (table: Table, range: object = {}) =>
  (await readAnomalies(table, "host", { fromMs: T0 - DAY_MS, toMs: T0 + DAY_MS, ...range })).map(
    ({ anomaly }) => (anomaly.timestamp - T0) / 1000,
  );
const stored = (table: ReturnType<typeof memoryTable>) =>
  table.items().filter(({ pk }) => pk.startsWith("ANOMALY#")).length;

describe("readAnomalies", () => {
  it("leaves out what died before another shard's record made its own too late", async () => {
    const [table, of] = [memoryTable(), detector({ latenessSeconds: 5 })];
    const late = record(0, metric("a", 0, fault));
    await die(table, of, [late]);
    await score(table, of, [record(0, metric("a", 100, normal), 1)]);
    await score(table, of, [late]);
    expect(stored(table)).toBe(1);
    expect(await listed(table)).toEqual([]);
  });

  it("leaves out what died before a model came that finds the row normal", async () => {
    const [table, of] = [memoryTable(), detector({})];
    const [known, changed] = [record(0, metric("a", 0, fault)), record(1, metric("a", 1, { cpu: 900, memory: 900 }))];
    await score(table, of, [known]);
    await die(table, of, [changed]);
    expect(await listed(table)).toEqual([0]);
    await score(table, of, [changed], 900);
    expect(stored(table)).toBe(2);
    expect(await listed(table)).toEqual([0]);
  });

  it("gives an interval once that a record of either shard completed, the first in vain", async () => {
    const [table, of] = [memoryTable(), detector({ intervalSeconds: 10, latenessSeconds: 0 })];
    await score(table, of, [record(0, metric("a", 0, normal)), record(1, metric("a", 11, fault))]);
    const closing = record(2, metric("a", 21, normal));
    await die(table, of, [closing]);
    await score(table, of, [record(0, metric("a", 22, normal), 1)]);
    await score(table, of, [closing]);
    expect(stored(table)).toBe(2);
    expect(await listed(table)).toHaveLength(1);
  });

  it("gives nothing of a series whose head was never written", async () => {
    const table = memoryTable();
    await die(table, detector({}), [record(0, metric("a", 0, fault))]);
    expect(await listed(table)).toEqual([]);
  });

  it("gives them newest first, over days and pages, of one entity and below a key if asked", async () => {
    const [table, of] = [memoryTable(), detector({ latenessSeconds: 86_400 })];
    const seconds = Array.from({ length: 500 }, (_, n) => n * 100 - 25_000);
    const events = seconds.flatMap((second) => ["a", "b"].map((entity) => metric(entity, second, fault)));
    await score(
      table,
      of,
      events.map((event, n) => record(n, event)),
    );
    const newestFirst = seconds.toReversed();
    expect(await listed(table, { entity: "a" })).toEqual(newestFirst);
    expect(await listed(table)).toEqual(newestFirst.flatMap((second) => [second, second]));
    expect(await listed(table, { limit: 3 })).toEqual([newestFirst[0], newestFirst[0], newestFirst[1]]);
    const all = await readAnomalies(table, "host", { fromMs: T0 - DAY_MS, toMs: T0 + DAY_MS });
    const below = await readAnomalies(table, "host", { fromMs: T0 - DAY_MS, toMs: T0 + DAY_MS, before: all[1]!.sk });
    expect(below).toEqual(all.slice(2));
    expect(await listed(table, { fromMs: T0, toMs: T0 + 200_000, entity: "b" })).toEqual([100, 0]);
  });
});

import { describe, expect, it } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { detector, metric, record, scorePorts, T0 } from "../../../../test/support/scoring.ts";
import { scoreBatch } from "../score/run.ts";
import type { Item, Table } from "./ports.ts";
import { allSeries, listSeries, readHead, readPoints } from "./read-series.ts";

const host = detector({ latenessSeconds: 7200 });
const put = (table: Table, items: Item[]) =>
  table.putMany(items.map((item) => ({ item, condition: { kind: "any" as const } })));

describe("readPoints", () => {
  it("gives nothing for a series that is not there", async () => {
    expect(await readPoints(memoryTable(), "host", "nobody")).toEqual([]);
    expect(await readHead(memoryTable(), "host", "nobody")).toBeUndefined();
  });

  it("gives each point once and by time, although events came out of order across the hours", async () => {
    const table = memoryTable();
    const seconds = Array.from({ length: 4000 }, (_, n) => n * 3 + ((n * 7919) % 601) - 300);
    const events = seconds.map((second, n) => record(n, metric("a", second, { cpu: n, memory: 1 })));
    await scoreBatch(scorePorts(table, [host], []), events);
    const points = await readPoints(table, "host", "a");
    expect(points.map((point) => (point.timestampMs - T0) / 1000)).toEqual(seconds.toSorted((a, b) => a - b));
    const [fromMs, toMs] = [T0 + 3_500_000, T0 + 3_700_000];
    const within = await readPoints(table, "host", "a", { fromMs, toMs });
    expect(within).toEqual(points.filter(({ timestampMs }) => timestampMs >= fromMs && timestampMs < toMs));
    const newest = await readPoints(table, "host", "a", { limit: 10 });
    expect(newest.map((point) => point.values[0]).sort()).toEqual(Array.from({ length: 10 }, (_, n) => 3990 + n));
  });

  it("leaves out chunks that a lost race left behind", async () => {
    const table = memoryTable();
    const events = Array.from({ length: 100 }, (_, n) => record(n, metric("a", n, { cpu: n, memory: 1 })));
    await scoreBatch(scorePorts(table, [host], []), events);
    const before = await readPoints(table, "host", "a");
    const chunks = table.items().filter(({ sk }) => sk.startsWith("CHUNK#"));
    expect(chunks.length).toBeGreaterThan(3);
    // The same rows under another record, as a consumer would have written that lost and crashed.
    await put(
      table,
      chunks.map((item) => ({ ...item, sk: `${item.sk.slice(0, -16)}${"f".repeat(16)}` })),
    );
    expect(await readPoints(table, "host", "a")).toEqual(before);
  });
});

describe("series of a detector", () => {
  it("are listed in the order of their entities, whatever characters these have", async () => {
    const table = memoryTable();
    const entities = [
      "a",
      "a!",
      "a\u0001",
      "é",
      "\u{1F30A}",
      "a#b",
      ...Array.from({ length: 250 }, (_, n) => `host-${n}`),
    ];
    await scoreBatch(
      scorePorts(table, [host], []),
      entities.map((entity, n) => record(n, metric(entity, n, { cpu: 1, memory: 1 }))),
    );
    const listed: string[] = [];
    for await (const { entity } of allSeries(table, "host")) listed.push(entity);
    expect(listed.toSorted()).toEqual(entities.toSorted());
    expect(new Set(listed).size).toBe(entities.length);
    const after = await listSeries(table, "host", { after: listed[2], limit: 2 });
    expect(after.map(({ entity }) => entity)).toEqual(listed.slice(3, 5));
  });

  it("keep a head of at most 1.5 KB at three features and a shingle of four", async () => {
    const table = memoryTable();
    const features = ["cpu", "memory", "load"].map((name) => ({ metric: name }));
    const of = detector({ features, shingleSize: 4, intervalSeconds: 10, latenessSeconds: 60 });
    const events = Array.from({ length: 1000 }, (_, n) =>
      record(n, metric("i-0123456789abcdef0", n, { cpu: n / 3, memory: n / 7, load: 1 })),
    );
    for (let at = 0; at < events.length; at += 10) {
      await scoreBatch(scorePorts(table, [of], []), events.slice(at, at + 10));
      const [item] = table.items().filter(({ sk }) => sk === "HEAD");
      expect(item!.bytes!.length).toBeLessThanOrEqual(1536);
    }
  });
});

import { describe, expect, it } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { detector, metric, record, scorePorts, T0 } from "../../../../test/support/scoring.ts";
import type { Detector } from "../detector.ts";
import { RowState } from "../feature/rows.ts";
import { randomOf } from "../model/random.ts";
import { readAnomalies } from "../store/anomalies.ts";
import type { StreamRecord, Table } from "../store/ports.ts";
import { readHead, readPoints } from "../store/read-series.ts";
import { scoreBatch } from "./run.ts";

const online = detector({ model: { family: "stream" } });
const ROWS = 400;
const SPIKE = 300;
/** Ordinary noise on both metrics; at one row memory jumps. */
const records = (): StreamRecord[] => {
  const random = randomOf(3);
  return Array.from({ length: ROWS }, (_, n) => {
    const memory = (n === SPIKE ? 90 : 40) + random.unit();
    return record(n, metric("a", n * 60, { cpu: 50 + 5 * random.unit(), memory }));
  });
};
const scored = async (table: Table, of: Detector, parts: StreamRecord[][]) => {
  for (const part of parts) await scoreBatch(scorePorts(table, [of], []), part);
};

describe("a detector whose series learn row by row", () => {
  it("warms up, scores without any model, and explains a spike", async () => {
    const table = memoryTable();
    await scored(table, online, [records()]);
    const head = (await readHead(table, "host", "a"))!;
    expect(head.counts).toMatchObject({ events: ROWS, warmingUp: 150, scored: ROWS - 150 });
    const span = { fromMs: T0, toMs: T0 + 86_400_000, limit: 10 };
    const anomalies = (await readAnomalies(table, "host", span)).map(({ anomaly }) => anomaly);
    const spike = anomalies.find(({ timestamp }) => timestamp === T0 + SPIKE * 60_000);
    expect(spike).toMatchObject({ modelVersion: 0, suppressedBy: null, values: { memory: expect.closeTo(90, -1) } });
    expect(spike!.attribution.memory).toBeGreaterThan(0.7);
    expect(spike!.attribution.cpu! + spike!.attribution.memory!).toBeCloseTo(1, 12);
    expect(spike!.expected.memory).toBeCloseTo(40.5, 0);
    expect(spike!.upper.memory).toBeLessThan(90);
    expect(spike!.lower.memory).toBeLessThan(40);
    const points = await readPoints(table, "host", "a");
    expect(points.filter(({ grade }) => grade > 0).length).toBeLessThan(5);
    expect(points[SPIKE]!.grade).toBeGreaterThan(0);
    expect(points[SPIKE]!.expected[1]).toBeCloseTo(40.5, 0);
  });

  it("gives the same bytes in one batch, in many, and after a replay", async () => {
    const [whole, cut] = [memoryTable(), memoryTable()];
    await scored(whole, online, [records()]);
    const all = records();
    await scored(cut, online, [all.slice(0, 7), all.slice(7, 299), all.slice(299, 301), all.slice(301), all]);
    expect(cut.items()).toEqual(whole.items());
  });

  it("keeps what was learnt beside each closed chunk, not in the head", async () => {
    const table = memoryTable();
    await scored(table, online, [records()]);
    const kept = table.items().filter(({ sk }) => sk.startsWith("LEARNT#"));
    const closed = table.items().filter(({ sk }) => sk.startsWith("CHUNK#"));
    expect(kept).toHaveLength(closed.length);
    const head = table.items().find(({ sk }) => sk === "HEAD")!;
    expect(head.bytes!.length).toBeLessThan(1100);
    expect(kept.at(-1)!.expiresAtMs).toBe(records()[0]!.arrivalMs + 35 * 86_400_000);
  });

  it("learns afresh when what it kept is gone, and says that it warms up", async () => {
    const table = memoryTable();
    const all = records();
    await scored(table, online, [all.slice(0, 300)]);
    for (const { pk, sk } of table.items().filter((item) => item.sk.startsWith("LEARNT#"))) {
      await table.putMany([{ item: { pk, sk, version: 1, expiresAtMs: 1 }, condition: { kind: "any" } }]);
    }
    await scored(table, online, [all.slice(300, 310)]);
    expect((await readPoints(table, "host", "a")).at(-1)!.state).toBe(RowState.warmingUp);
  });

  it("fails the series alone when what it kept is damaged", async () => {
    const table = memoryTable();
    const all = records();
    await scored(table, online, [all.slice(0, 300)]);
    const last = table
      .items()
      .filter(({ sk }) => sk.startsWith("LEARNT#"))
      .at(-1)!;
    for (const { pk, sk } of table.items().filter((item) => item.sk.startsWith("LEARNT#"))) {
      await table.putMany([{ item: { pk, sk, version: 1, bytes: last.bytes!.slice(9) }, condition: { kind: "any" } }]);
    }
    const { failed } = await scoreBatch(scorePorts(table, [online], []), all.slice(300, 302));
    expect(failed.map(({ reason }) => reason)[0]).toMatch(/what host learnt of a is corrupt/);
  });

  it("writes nothing beside the chunks once its detector has another family", async () => {
    const table = memoryTable();
    const all = records();
    await scored(table, detector({}), [all]);
    expect(table.items().some(({ sk }) => sk.startsWith("LEARNT#"))).toBe(false);
  });

  it("leaves imputed and incomplete rows out of what it learns", async () => {
    const table = memoryTable();
    const filling = detector({ model: { family: "stream" }, missing: "last" });
    await scored(table, filling, [
      [record(0, metric("a", 0, { cpu: 1, memory: 2 })), record(1, metric("a", 60, { cpu: 1, memory: null }))],
    ]);
    const head = (await readHead(table, "host", "a"))!;
    expect(head.counts).toMatchObject({ warmingUp: 1, imputed: 1 });
  });
});

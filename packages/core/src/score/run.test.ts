import { describe, expect, it } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { batches, portsOf, scoreAll } from "../../../../test/support/score-steps.ts";
import { detector, distanceScorer, metric, record, scorePorts, T0 } from "../../../../test/support/scoring.ts";
import { readAnomalies } from "../store/anomalies.ts";
import { Anomaly } from "../store/anomaly.ts";
import { totalCounts } from "../store/counts.ts";
import { anomalyPk } from "../store/keys.ts";
import type { Table } from "../store/ports.ts";
import { readHead, readPoints } from "../store/read-series.ts";
import { scoreBatch } from "./run.ts";

describe("scoreBatch", () => {
  it("gives every point back, in order, over closed and open chunks", async () => {
    const table = memoryTable();
    const records = Array.from({ length: 500 }, (_, n) => ({
      ...record(n, metric("a1", n * 20, { cpu: n, memory: 50 })),
      arrivalMs: T0 + n * 20_000,
    }));
    await scoreAll(table, batches(records, [100, 101, 350]));
    const points = await readPoints(table, "skips", "a1");
    expect(points.map((point) => point.values[0])).toEqual(Array.from({ length: 500 }, (_, n) => n));
    const range = await readPoints(table, "skips", "a1", { fromMs: T0 + 3_000_000, toMs: T0 + 3_100_000 });
    expect(range.map((point) => point.values[0])).toEqual([150, 151, 152, 153, 154]);
    const newest = await readPoints(table, "skips", "a1", { limit: 250 });
    expect(newest.map((point) => point.values[0])).toEqual(Array.from({ length: 250 }, (_, n) => n + 250));
  });

  it("explains an anomaly and opens one incident for a run of them", async () => {
    const table = memoryTable();
    const normal = Array.from({ length: 30 }, (_, n) => metric("a1", n, { cpu: 50 + (n % 3), memory: 40 }));
    const fault = Array.from({ length: 3 }, (_, n) => metric("a1", 30 + n, { cpu: 500, memory: 40 }));
    const after = Array.from({ length: 6 }, (_, n) => metric("a1", 33 + n, { cpu: 50, memory: 40 }));
    await scoreAll(table, [[...normal, ...fault].map((event, n) => record(n, event))]);
    const open = (await readHead(table, "skips", "a1"))?.incident;
    expect(open?.startMs).toBe(T0 + 30_000);
    const items = await table.query({ pk: anomalyPk("skips", T0), limit: 100 });
    const anomalies = items.map(({ doc }) => Anomaly.parse(JSON.parse(doc!)));
    expect(anomalies.map((anomaly) => anomaly.timestamp)).toEqual([30, 31, 32].map((s) => T0 + s * 1000));
    expect(new Set(anomalies.map((anomaly) => anomaly.incidentId))).toEqual(new Set([open?.id]));
    expect(anomalies[0]).toMatchObject({ values: { cpu: 500 }, attribution: { cpu: 1 }, suppressedBy: null });
    expect(anomalies[0]!.grade).toBeGreaterThan(0.5);
    expect(anomalies[0]!.expected.cpu).toBeGreaterThan(49.5);
    // Nothing is learnt from the fault: expectation stays where it was.
    expect(anomalies[2]!.expected.cpu).toBe(anomalies[0]!.expected.cpu);
    await scoreAll(table, [after.map((event, n) => record(33 + n, event))]);
    expect((await readHead(table, "skips", "a1"))?.incident).toBeUndefined();
  });

  it("keeps the score of an anomaly that a rule suppresses", async () => {
    const table = memoryTable();
    const normal = Array.from({ length: 20 }, (_, n) => metric("a1", n, { cpu: 50, memory: 40 }));
    const down = metric("a1", 20, { cpu: -500, memory: 40 });
    await scoreAll(table, [[...normal, down].map((event, n) => record(n, event))]);
    const items = await table.query({ pk: anomalyPk("skips", T0), limit: 100 });
    expect(JSON.parse(items[0]!.doc!)).toMatchObject({ grade: 0, suppressedBy: "direction", incidentId: null });
    const head = await readHead(table, "skips", "a1");
    expect(head?.counts).toMatchObject({ anomalies: 0, suppressed: 1 });
    expect(head?.incident).toBeUndefined();
  });

  it("gives up with the detector's name when others are always first, and has counted nothing", async () => {
    const table = memoryTable();
    const raced: Table = {
      ...table,
      putMany: async (puts) => puts.map(({ item }) => (item.sk === "HEAD" ? "conflict" : "written")),
    };
    const batch = scoreBatch(await portsOf(raced), [record(0, metric("z", 0, { cpu: 1, memory: 1 }))]);
    await expect(batch).rejects.toThrow("3 series of detector each were written by other consumers");
    expect(await totalCounts(table, "score")).toEqual({});
  });

  it("starts a series afresh when its features change, and keeps what it counted", async () => {
    const table = memoryTable();
    const events = Array.from({ length: 20 }, (_, n) => record(n, metric("a1", n, { cpu: 50, memory: n })));
    const before = detector({ features: [{ metric: "cpu" }] });
    const after = detector({ features: [{ metric: "memory" }, { metric: "cpu" }] });
    await scoreBatch(scorePorts(table, [before], []), events.slice(0, 10));
    await scoreBatch(scorePorts(table, [after], []), events.slice(10));
    const head = await readHead(table, "host", "a1");
    expect(head?.counts).toMatchObject({ events: 20, warmingUp: 20 });
    expect(head?.levels.rows).toBe(10);
    expect((await readPoints(table, "host", "a1")).map(({ values }) => values.length)).toEqual([
      ...Array.from({ length: 10 }, () => 1),
      ...Array.from({ length: 10 }, () => 2),
    ]);
  });

  it("explains what only an alarm budget reports, and leaves it to the rules as any other", async () => {
    const budgeted = detector({ sensitivity: 1, alarmsPerDay: 2, intervalSeconds: 600, latenessSeconds: 0 });
    const up = detector({
      ...budgeted,
      id: "up",
      features: [{ metric: "cpu", direction: "up" }, { metric: "memory" }],
    });
    const scorers = [await distanceScorer(budgeted), await distanceScorer(up)];
    const table = memoryTable();
    // Three days of rows, every six hours a peak; by sensitivity 1 none of them is one.
    const records = Array.from({ length: 432 }, (_, n) =>
      record(
        n,
        metric("a", n * 600, { cpu: n % 36 === 20 ? 66 + n / 100 : 50 + (n % 5), memory: 50 }),
        0,
        T0 + n * 600_000,
      ),
    );
    await scoreBatch(scorePorts(table, [budgeted, up], scorers), records);
    for (const { id } of [budgeted, up]) {
      const found = await readAnomalies(table, id, { fromMs: T0, toMs: T0 + 4 * 86_400_000, limit: 100 });
      expect(found.length, id).toBeGreaterThan(1);
      for (const { anomaly } of found) {
        expect(anomaly).toMatchObject({ suppressedBy: null });
        expect(anomaly.threshold).toBeLessThan(budgeted.sensitivity * 5);
        expect(anomaly.attribution.cpu).toBeGreaterThan(0.7);
        expect(anomaly.attribution.cpu! + anomaly.attribution.memory!).toBeCloseTo(1, 9);
      }
    }
  });
});

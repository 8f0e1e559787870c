import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { challenge, normalValues } from "../../../../test/support/challenge.ts";
import { T0 } from "../../../../test/support/scoring.ts";
import { aliasAt, aliasOf } from "../register/aliases.ts";
import { promote } from "../register/models.ts";
import { isInCanary } from "../score/live-scorers.ts";
import { shadowKey, shadowPk } from "../store/keys.ts";
import { putLabels } from "../store/labels.ts";
import type { Table } from "../store/ports.ts";
import { decide } from "./gate.ts";
import { endShadow, scoreShadow, shadowProgress, startShadow } from "./shadow.ts";
import { shadowEvidence } from "./shadow-evidence.ts";

const CAUSE = { by: "test", reason: "test" };
const OLD = { center: 50, scale: 10 };
const NEW = { center: 120, scale: 10 };

/** A machine that was used differently from its 200th row on, scored by a model of before. */
const drifted = async (parts: object = {}) => {
  const rig = await challenge(parts);
  await rig.register(OLD);
  await promote(rig.ports, "host", 1, 1, CAUSE);
  await rig.live(normalValues(200, OLD, 3));
  return rig;
};
type Rig = Awaited<ReturnType<typeof drifted>>;
const portsOf = ({ ports, scorerOf, clock }: Rig, table: Table = ports.table) => ({
  ...{ table, scorerOf, clock, cpuMs: ports.cpuMs },
});
const stored = ({ ports }: Rig, version = 2) => ports.table.query({ pk: shadowPk("host", version), limit: 100 });

describe("shadow scoring", () => {
  test("a challenger scores what comes after its trial began, and the gate decides by it", async () => {
    const rig = await drifted();
    await rig.register(NEW);
    await startShadow(rig.ports, "host", 2, T0 + 10, CAUSE);
    await rig.live(normalValues(300, NEW, 4));
    expect(await scoreShadow(portsOf(rig), T0 + 20)).toEqual({
      detectors: [{ detector: "host", version: 2, series: 1, rows: 300, behind: 0, failed: [] }],
      failed: [],
    });
    expect(await shadowProgress(rig.ports, rig.of, 2)).toEqual({ rows: 300, hours: 299 / 60, done: false });
    const alike = await shadowEvidence(rig.ports, rig.of, 2);
    expect(decide(alike).outcome).toBe("reject");
    const evidence = await shadowEvidence(rig.ports, rig.of, 2, { sinceMs: T0 + 200 * 60_000, reason: "a drift" });
    expect(evidence.series[0]!.champion).toMatchObject({ rows: 300, anomalies: 300 });
    expect(evidence.series[0]!.challenger.anomalies).toBeLessThan(9);
    const decision = decide(evidence);
    expect(decision.rules.filter(({ passed }) => !passed)).toEqual([]);
    expect(decision.reason).toMatch(/^version 2 takes the place of version 1: over 300 rows in shadow/);
  });

  test("a challenger that always or never alerts loses; one like the champion does not", async () => {
    for (const [kind, regime, outcome] of [
      ["always", OLD, "reject"],
      ["never", OLD, "reject"],
      ["distance", OLD, "promote"],
    ] as const) {
      const rig = await drifted();
      await rig.register(regime, kind);
      await startShadow(rig.ports, "host", 2, T0 + 10, CAUSE);
      await rig.live(normalValues(400, OLD, 5));
      await scoreShadow(portsOf(rig), T0 + 20);
      expect([kind, decide(await shadowEvidence(rig.ports, rig.of, 2)).outcome]).toEqual([kind, outcome]);
    }
  });

  test("equal to the champion in each row, its context included", async () => {
    const rig = await drifted({ shingleSize: 3, alarmsPerDay: 2 });
    await rig.register(OLD);
    await startShadow(rig.ports, "host", 2, T0 + 10, CAUSE);
    for (const [at, rows] of [40, 1, 300].entries()) {
      await rig.live(normalValues(rows, at === 2 ? NEW : OLD, at));
      await scoreShadow(portsOf(rig), T0 + 20 + at);
    }
    const [one] = (await shadowEvidence(rig.ports, rig.of, 2)).series;
    expect(one!.challenger.rows).toBe(341);
    // Points keep scores as float32: the peaks differ by that much.
    const { incidents: ofChampion, ...champion } = one!.champion!;
    const { incidents, ...challenger } = one!.challenger;
    expect(challenger).toEqual(champion);
    expect(incidents.map(({ fromMs, toMs, rows }) => [fromMs, toMs, rows])).toEqual(
      ofChampion.map(({ fromMs, toMs, rows }) => [fromMs, toMs, rows]),
    );
  });

  test("however it is cut into runs, and wherever it dies, the end is the same", async () => {
    const calm = await drifted();
    await calm.register(NEW);
    await startShadow(calm.ports, "host", 2, T0 + 10, CAUSE);
    await calm.live(normalValues(60, NEW, 4), undefined, ["a", "b", "c"]);
    await scoreShadow(portsOf(calm), T0 + 20);
    const figures = async (rig: Rig) => (await shadowEvidence(rig.ports, rig.of, 2)).series;
    const wanted = await figures(calm);
    expect(wanted).toHaveLength(3);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 6 }),
        fc.nat({ max: 6 }),
        async (cuts, failAt) => {
          const rig = await drifted();
          await rig.register(NEW);
          let writes = 0;
          const failing: Table = {
            ...rig.ports.table,
            putMany: async (puts) => {
              if (++writes === failAt) throw new Error("away");
              return await rig.ports.table.putMany(puts);
            },
          };
          const start = () => startShadow({ ...rig.ports, table: failing }, "host", 2, T0 + 10, CAUSE);
          await start().catch(start);
          const values = normalValues(60, NEW, 4);
          let at = 0;
          for (const rows of [...cuts, 60]) {
            await rig.live(values.slice(at, at + rows), undefined, ["a", "b", "c"]);
            at += rows;
            // Two runs at once, one of which may die.
            await Promise.allSettled([scoreShadow(portsOf(rig, failing), T0 + 20), scoreShadow(portsOf(rig), T0 + 20)]);
          }
          await scoreShadow(portsOf(rig), T0 + 20);
          expect(await figures(rig)).toEqual(wanted);
        },
      ),
      { numRuns: 12 },
    );
  });

  test("series that come later count from their first row; those in a canary have nothing to be compared with", async () => {
    const entities = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const rig = await drifted({ retraining: { canaryShare: 0.4 } });
    await rig.register(OLD);
    await startShadow(rig.ports, "host", 2, T0 + 10, CAUSE);
    await rig.live(normalValues(30, OLD, 4), undefined, entities);
    await scoreShadow(portsOf(rig), T0 + 20);
    const compared = entities.filter((entity) => !isInCanary("host", entity, 0.4));
    expect(compared.length).toBeGreaterThan(2);
    expect(compared.length).toBeLessThan(8);
    const { series } = await shadowEvidence(rig.ports, rig.of, 2);
    expect(series.map(({ entity, challenger }) => [entity, challenger.rows])).toEqual(compared.map((one) => [one, 30]));
  });

  test("a run without time leaves the rest for the next, and says so", async () => {
    const rig = await drifted();
    await rig.register(OLD);
    await startShadow(rig.ports, "host", 2, T0 + 10, CAUSE);
    await rig.live(normalValues(30, OLD, 4), undefined, ["a", "b"]);
    const times = [0, 0];
    const slow = { ...portsOf(rig), clock: () => times.shift() ?? 50_000 };
    expect((await scoreShadow(slow, T0 + 20)).detectors).toMatchObject([{ series: 2, rows: 30, behind: 1 }]);
    // One series alone has been tried for long enough.
    const short = { ...rig.of, retraining: { ...rig.of.retraining, shadowHours: 0.1 } };
    expect(await shadowProgress(rig.ports, short, 2)).toMatchObject({ done: false });
    expect((await scoreShadow(portsOf(rig), T0 + 21)).detectors).toMatchObject([{ series: 2, rows: 30, behind: 0 }]);
    expect((await scoreShadow(portsOf(rig), T0 + 22)).detectors).toMatchObject([{ series: 2, rows: 0, behind: 0 }]);
    expect(await shadowProgress(rig.ports, short, 2)).toMatchObject({ rows: 60, done: true });
  });

  test("hundreds of series are begun, scored and read page by page", async () => {
    const rig = await challenge();
    await rig.register(OLD);
    await rig.register(OLD);
    await promote(rig.ports, "host", 1, T0, CAUSE);
    const entities = Array.from({ length: 210 }, (_, n) => `i-${n}`);
    await rig.live(normalValues(2, OLD, 4), undefined, entities);
    await startShadow(rig.ports, "host", 2, T0 + 10, CAUSE);
    await rig.live(normalValues(3, OLD, 4), undefined, entities);
    expect((await scoreShadow(portsOf(rig), T0 + 20)).detectors).toMatchObject([{ series: 210, rows: 630 }]);
    const { series } = await shadowEvidence(rig.ports, rig.of, 2);
    expect(series.map(({ challenger }) => challenger.rows)).toEqual(Array(210).fill(3));
  });

  test("labels of the series reach the gate", async () => {
    const rig = await drifted();
    await rig.register(OLD);
    await startShadow(rig.ports, "host", 2, T0 + 10, CAUSE);
    const span = { detector: "host", entity: "a", fromMs: 1e12, toMs: 1e12 + 1 };
    await putLabels(rig.ports, [{ ...span, label: "normal" }]);
    expect((await shadowEvidence(rig.ports, rig.of, 2)).labels).toMatchObject([{ entity: "a", label: "normal" }]);
  });

  test("what cannot be read is told, and stops neither other series nor other detectors", async () => {
    const rig = await drifted();
    await rig.register(OLD);
    await startShadow(rig.ports, "host", 2, T0 + 10, CAUSE);
    await rig.live(normalValues(5, OLD, 4), undefined, ["a", "b"]);
    await rig.ports.table.putMany([
      { item: { ...shadowKey("host", 2, "a"), version: 9, doc: "{}" }, condition: { kind: "any" } },
    ]);
    expect((await scoreShadow(portsOf(rig), T0 + 20)).detectors).toMatchObject([
      { series: 1, rows: 5, failed: [{ entity: "a", reason: "what a challenger found of a cannot be read" }] },
    ]);
    await rig.ports.blobs.put("models/host/2/manifest.json", new TextEncoder().encode("{"));
    const report = await scoreShadow({ ...portsOf(rig), scorerOf: rig.scorerOf }, T0 + 20);
    expect(report.failed).toEqual([]);
    const away = async () => {
      throw new Error("away");
    };
    expect(await scoreShadow({ ...portsOf(rig), scorerOf: away }, T0 + 20)).toMatchObject({
      detectors: [],
      failed: [{ detector: "host", error: new Error("away") }],
    });
    const series = portsOf(rig, {
      ...rig.ports.table,
      getMany: async (keys) => {
        if (keys.some(({ pk }) => pk.startsWith("SHADOW"))) throw new Error("throttled");
        return await rig.ports.table.getMany(keys);
      },
    });
    expect((await scoreShadow(series, T0 + 20)).failed).toMatchObject([{ error: new Error("throttled") }]);
  });

  test("a memory that still holds another challenger does nothing; without a challenger there is nothing to do", async () => {
    const rig = await drifted();
    await rig.register(OLD);
    expect(await scoreShadow(portsOf(rig), T0 + 20)).toEqual({ detectors: [], failed: [] });
    expect(await shadowProgress(rig.ports, rig.of, 2)).toEqual({ rows: 0, hours: 0, done: false });
    const at = { ...rig.of, retraining: { ...rig.of.retraining, shadowHours: 0 } };
    expect((await shadowProgress(rig.ports, at, 2)).done).toBe(true);
    await startShadow(rig.ports, "host", 2, T0 + 10, CAUSE);
    const stale = { ...portsOf(rig), scorerOf: async () => await rig.scorerOf("host") };
    expect((await scoreShadow(stale, T0 + 20)).detectors).toMatchObject([{ series: 0, rows: 0 }]);
  });

  test("starting twice changes nothing; ending takes the alias away, but never another one's", async () => {
    const rig = await drifted();
    await rig.register(OLD);
    await startShadow(rig.ports, "host", 2, T0 + 10, CAUSE);
    const before = await stored(rig);
    await rig.live(normalValues(5, OLD, 4));
    await startShadow(rig.ports, "host", 2, T0 + 11, CAUSE);
    expect(await stored(rig)).toEqual(before);
    await endShadow(rig.ports, "host", 7, T0 + 12, CAUSE);
    expect(await aliasOf(rig.ports, "host", "challenger")).toMatchObject({ version: 2, sinceMs: T0 + 10 });
    await endShadow(rig.ports, "host", 2, T0 + 13, { by: "gate", reason: "rejected" });
    await endShadow(rig.ports, "host", 2, T0 + 14, CAUSE);
    expect(await aliasOf(rig.ports, "host", "challenger")).toBeUndefined();
    expect(await aliasAt(rig.ports, "host", "challenger", T0 + 20)).toMatchObject({
      version: null,
      by: "gate",
      sinceMs: T0 + 13,
    });
  });

  test("what is stored of a series stays small, however many incidents there are", async () => {
    const rig = await drifted({ closeAfterRows: 1 });
    await rig.register(OLD);
    await startShadow(rig.ports, "host", 2, T0 + 10, CAUSE);
    const [low] = normalValues(1, OLD);
    await rig.live(Array.from({ length: 1200 }, (_, n) => (n % 2 ? { cpu: 900, memory: 900 } : low!)));
    await scoreShadow(portsOf(rig), T0 + 20);
    const [item] = await stored(rig);
    expect(item!.doc!.length).toBeLessThan(60_000);
    expect((await shadowEvidence(rig.ports, rig.of, 2)).series[0]!.champion).toMatchObject({
      anomalies: 600,
      dropped: 400,
    });
  });
});

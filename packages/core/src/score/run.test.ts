import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { detector, distanceScorer, metric, record, scorePorts, T0 } from "../../../../test/support/scoring.ts";
import type { Detector } from "../detector.ts";
import { AppError } from "../errors.ts";
import type { Scorer } from "../model/scorer.ts";
import { Anomaly } from "../store/anomaly.ts";
import { totalCounts } from "../store/counts.ts";
import type { Head } from "../store/head.ts";
import { anomalyPk } from "../store/keys.ts";
import type { StreamRecord, Table } from "../store/ports.ts";
import { allSeries, readHead, readPoints } from "../store/read-series.ts";
import { scoreBatch } from "./run.ts";

const detectors: Detector[] = [
  detector({ id: "each", shingleSize: 2, missing: "linear", latenessSeconds: 5, closeAfterRows: 2 }),
  detector({ id: "minute", intervalSeconds: 4, latenessSeconds: 3, missing: "last", shingleSize: 3, sensitivity: 9 }),
  detector({ id: "skips", features: [{ metric: "cpu", direction: "up", minDeviation: { absolute: 5 } }] }),
  detector({ id: "untrained", match: { entity: "a*" }, intervalSeconds: 2, latenessSeconds: 0, missing: "zero" }),
];
let scorers: Scorer[] | undefined;
const portsOf = async (table: Table) => {
  scorers ??= await Promise.all(detectors.slice(0, 3).map((one) => distanceScorer(one)));
  return scorePorts(table, detectors, scorers);
};

const value = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 300, max: 700 }).map((n) => n / 10) },
  { weight: 2, arbitrary: fc.constantFrom(null, 500, -1e300, 1e300, 0) },
);
const step = fc.record({
  entity: fc.constantFrom("a1", "a2", "b\u{1F30A}"),
  advance: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -4, max: 4 }) }, fc.constantFrom(40, 4000, -30)),
  cpu: value,
  memory: value,
  form: fc.oneof({ weight: 12, arbitrary: fc.constant("event") }, fc.constantFrom("broken", "log", "other")),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const recordsOf = (steps: readonly Step[]): StreamRecord[] => {
  let seconds = 0;
  return steps.map(({ entity, advance, cpu, memory, form }, index) => {
    seconds += advance;
    if (form === "broken") return record(index, '{"type":"metric","entity":');
    if (form === "log") return record(index, { type: "log", entity, timestamp: T0, message: "x" });
    const values = form === "other" ? { disk: 1 } : { cpu, memory };
    return record(index, metric(entity, Math.max(0, seconds), values));
  });
};

/** Splits into consecutive batches at the given places. */
const batches = (records: StreamRecord[], cuts: readonly number[]): StreamRecord[][] => {
  const at = [...new Set([0, ...cuts.map((cut) => cut % (records.length + 1)), records.length])].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => records.slice(at[index], end));
};

const scoreAll = async (table: Table, parts: StreamRecord[][]) => {
  const ports = await portsOf(table);
  for (const part of parts) await scoreBatch(ports, part);
};

const steps = fc.array(step, { minLength: 1, maxLength: 120 });

describe("scoreBatch", () => {
  it("gives the same bytes however the records are cut into batches", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.array(fc.nat(), { maxLength: 12 }), async (all, cuts) => {
        const records = recordsOf(all);
        const [whole, cut] = [memoryTable(), memoryTable()];
        await scoreAll(whole, [records]);
        await scoreAll(cut, batches(records, cuts));
        expect(cut.items()).toEqual(whole.items());
      }),
      { numRuns: 60 },
    );
  });

  it("changes nothing on a replay, overlapping or whole", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), fc.nat(), async (all, from, length) => {
        const records = recordsOf(all);
        const table = memoryTable();
        await scoreAll(table, [records]);
        const before = table.items();
        const start = from % records.length;
        await scoreAll(table, [records.slice(start, start + length), records, [...records, ...records]]);
        expect(table.items()).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });

  it("gives the same bytes after a crash at any write", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.array(fc.nat({ max: 25 }), { maxLength: 6 }), async (all, crashes) => {
        const records = recordsOf(all);
        const [calm, shaken] = [memoryTable(), memoryTable()];
        await scoreAll(calm, [records]);
        for (const puts of crashes)
          await scoreAll(crashing(shaken, puts), batches(records, [puts * 7])).catch(expectCrash);
        await scoreAll(shaken, batches(records, crashes));
        expect(shaken.items()).toEqual(calm.items());
      }),
      { numRuns: 60 },
    );
  });

  it("scores a row without looking at later ones", async () => {
    await fc.assert(
      fc.asyncProperty(steps, steps, fc.nat(), async (all, others, at) => {
        const length = at % all.length;
        const [one, two] = [memoryTable(), memoryTable()];
        await scoreAll(one, [recordsOf(all.slice(0, length))]);
        await scoreAll(two, [recordsOf([...all.slice(0, length), ...others])]);
        for (const { id } of detectors) {
          for (const entity of ["a1", "a2", "b\u{1F30A}"]) {
            const later = await pointTexts(two, id, entity);
            for (const known of await pointTexts(one, id, entity)) {
              const at = later.indexOf(known);
              expect(at, known).toBeGreaterThanOrEqual(0);
              later.splice(at, 1);
            }
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it("adds up: every record is counted once, every event is late or in a row", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const table = memoryTable();
        const records = recordsOf(all);
        const report = await scoreBatch(await portsOf(table), records);
        const heads: Head[] = [];
        for (const { id } of detectors) for await (const { head } of allSeries(table, id)) heads.push(head);
        const events = heads.reduce((sum, { counts }) => sum + counts.events, 0);
        const totals = await totalCounts(table, "score");
        expect(report.received + report.ignored).toBe(records.length);
        expect(events).toBe(totals.deliveries ?? 0);
        expect(report.series.events).toBe(events);
        const each = report.deliveries - report.repeated;
        expect(each).toBe(events);
        for await (const { head } of allSeries(table, "each")) {
          const { counts } = head;
          expect(counts.events).toBe(counts.late + counts.scored + counts.warmingUp + counts.skipped + counts.imputed);
          expect(head.rows).toBe(counts.events - counts.late);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("gives every point back, in order, over closed and open chunks", async () => {
    const table = memoryTable();
    const records = Array.from({ length: 500 }, (_, n) => record(n, metric("a1", n * 20, { cpu: n, memory: 50 })));
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

  it("loses nothing when consumers of several shards race for one series", async () => {
    let conflicts = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(60), { minLength: 9, maxLength: 40 }),
        fc.integer({ min: 2, max: 4 }),
        async (turns, shards) => {
          const table = memoryTable();
          const ports = await portsOf(interleaving(table, turns));
          const perShard = 60;
          const consumers = Array.from({ length: shards }, async (_, shard) => {
            const own = Array.from({ length: perShard }, (_, n) =>
              record(n, metric("a1", n, { cpu: n % 17 === 5 ? 900 : 50, memory: shard }), shard),
            );
            for (const part of batches(own, [20, 40])) conflicts += (await scoreBatch(ports, part)).conflicts;
          });
          await Promise.all(consumers);
          const head = await readHead(table, "skips", "a1");
          expect(head?.counts.events).toBe(shards * perShard);
          expect(head?.shards).toHaveLength(shards);
          const points = await readPoints(table, "skips", "a1");
          expect(points).toHaveLength(head!.rows);
          // What lost a race left nothing behind: exactly the items that the head counts.
          const anomalies = await table.query({ pk: anomalyPk("skips", T0), limit: 10_000 });
          expect(anomalies).toHaveLength(head!.counts.anomalies + head!.counts.suppressed);
          expect((await totalCounts(table, "score")).deliveries).toBe(shards * perShard * detectors.length);
        },
      ),
      { numRuns: 40 },
    );
    expect(conflicts).toBeGreaterThan(100);
  });

  it("leaves what a second consumer of the same shard has written", async () => {
    const turns = fc.array(fc.nat(60), { minLength: 9, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, turns, async (all, waits) => {
        const records = recordsOf(all);
        const [one, two] = [memoryTable(), memoryTable()];
        await scoreAll(one, [records]);
        const ports = await portsOf(interleaving(two, waits));
        const twins = [[40], [20, 70]].map(async (cuts) => {
          for (const part of batches(records, cuts)) await scoreBatch(ports, part);
        });
        await Promise.all(twins);
        expect(two.items()).toEqual(one.items());
      }),
      { numRuns: 60 },
    );
  });

  it("gives up with the series' name when others are always first, and has counted nothing", async () => {
    const table = memoryTable();
    const raced: Table = {
      ...table,
      putMany: async (puts) => puts.map(({ item }) => (item.sk === "HEAD" ? "conflict" : "written")),
    };
    const batch = scoreBatch(await portsOf(raced), [record(0, metric("z", 0, { cpu: 1, memory: 1 }))]);
    await expect(batch).rejects.toThrow("3 series (first: each of z) were written by other consumers");
    expect(await totalCounts(table, "score")).toEqual({});
  });

  it("remembers the shards of a series that were read last, however often the stream is resharded", async () => {
    const table = memoryTable();
    const events = Array.from({ length: 600 }, (_, n) => record(n, metric("a1", n, { cpu: 50, memory: 1 }), n >> 1));
    await scoreAll(table, batches(events, [100, 450]));
    const head = await readHead(table, "skips", "a1");
    expect(head?.shards).toHaveLength(200);
    expect(head?.shards.at(-1)).toEqual({ shardId: events[599]!.shardId, sequenceNumber: events[599]!.sequenceNumber });
    await scoreAll(table, [events.slice(300)]);
    expect((await readHead(table, "skips", "a1"))?.counts.events).toBe(600);
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

  it("refuses a damaged head by name instead of starting over", async () => {
    const table = memoryTable();
    await scoreAll(table, [[record(0, metric("a1", 0, { cpu: 1, memory: 1 }))]]);
    const head = table.items().find((item) => item.pk === "SERIES#each#a1" && item.sk === "HEAD")!;
    await table.putMany([{ item: { ...head, bytes: head.bytes!.slice(0, 20) }, condition: { kind: "any" } }]);
    const again = scoreAll(table, [[record(1, metric("a1", 1, { cpu: 1, memory: 1 }))]]);
    await expect(again).rejects.toThrow("the head of SERIES#each#a1 is corrupt");
  });
});

const pointTexts = async (table: Table, id: string, entity: string) =>
  (await readPoints(table, id, entity)).map((point) => JSON.stringify(point));

/** Every call waits for a number of turns that the seed decides, so that consumers interleave in any way. */
const interleaving = (table: Table, turns: readonly number[]): Table => {
  let call = 0;
  const wait = async () => {
    for (let turn = turns[call++ % turns.length]!; turn > 0; turn--) await Promise.resolve();
  };
  return {
    ...table,
    getMany: async (keys) => {
      await wait();
      return await table.getMany(keys);
    },
    putMany: async (puts) => {
      await wait();
      return await table.putMany(puts);
    },
  };
};

/** Throws after so many puts, some of a call's puts applied: puts are no transaction. */
const crashing = (table: Table, puts: number): Table => {
  let left = puts;
  return {
    ...table,
    putMany: async (all) => {
      const outcomes = await table.putMany(all.slice(0, left));
      if (all.length > left) throw new AppError("UNAVAILABLE", "crash");
      left -= all.length;
      return outcomes;
    },
  };
};
const expectCrash = (error: Error) => expect(error.message).toBe("crash");

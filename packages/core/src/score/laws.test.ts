import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import {
  batches,
  crashing,
  detectors,
  interleaving,
  portsOf,
  recordsOf,
  type Step,
  scoreAll,
  steps,
} from "../../../../test/support/score-steps.ts";
import { metric, record, T0 } from "../../../../test/support/scoring.ts";
import { readAnomalies } from "../store/anomalies.ts";
import { totalCounts } from "../store/counts.ts";
import type { Head } from "../store/head.ts";
import { anomalyPk } from "../store/keys.ts";
import type { Table } from "../store/ports.ts";
import { allSeries, readHead, readPoints } from "../store/read-series.ts";
import { scoreBatch } from "./run.ts";

const DAY_MS = 86_400_000;

describe("scoreBatch, for any records", () => {
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

  it("lists the anomalies that the heads count, whatever dead attempts of two shards left behind", async () => {
    let phantoms = 0;
    const turn = fc.record({ shard: fc.nat({ max: 1 }), length: fc.integer({ min: 1, max: 30 }), puts: fc.nat(12) });
    await fc.assert(
      fc.asyncProperty(steps, steps, fc.array(turn, { maxLength: 12 }), async (one, other, turns) => {
        const table = memoryTable();
        const shards = [recordsOf(one), recordsOf(other, 1)];
        for (const { shard, length, puts } of turns) {
          const part = shards[shard]!.slice(0, length);
          await scoreAll(crashing(table, puts), [part]).then(() => shards[shard]!.splice(0, length), expectCrash);
        }
        await scoreAll(table, shards);
        for (const { id } of detectors) {
          let counted = 0;
          for await (const { head } of allSeries(table, id)) counted += head.counts.anomalies + head.counts.suppressed;
          const listed = await readAnomalies(table, id, { fromMs: T0, toMs: T0 + 30 * DAY_MS });
          expect(listed).toHaveLength(counted);
          phantoms += table.items().filter(({ pk }) => pk.startsWith(`ANOMALY#${id}#`)).length - counted;
        }
      }),
      { numRuns: 300, examples: foundByChance },
    );
    expect(phantoms).toBeGreaterThan(10);
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
});

const step = (entity: Step["entity"], advance: number, rest: Partial<Step> = {}): Step => ({
  entity,
  advance,
  cpu: 30,
  memory: 30,
  form: "event",
  ...rest,
});
/** Tables that readers once took wrongly: a dead chunk with the rows of the real one; one before the range that was read. */
const foundByChance: [Step[], Step[], { shard: number; length: number; puts: number }[]][] = [
  [
    [step("a2", 0), step("a1", 40, { cpu: null }), step("a2", 0, { cpu: 500 }), step("a2", 0)],
    [step("a2", 1), step("a2", 0), step("a2", -30), step("a1", 4000), step("a2", 0), step("a1", 40)],
    [{ shard: 1, length: 5, puts: 2 }],
  ],
  [
    [step("a2", 0), step("a2", 0, { cpu: null })],
    [
      step("a1", 4000, { memory: null }),
      step("a2", 0, { cpu: 1e300 }),
      step("a2", 4000, { memory: null }),
      step("a1", 0),
    ],
    [{ shard: 1, length: 3, puts: 9 }],
  ],
];

const pointTexts = async (table: Table, id: string, entity: string) =>
  (await readPoints(table, id, entity)).map((point) => JSON.stringify(point));

const expectCrash = (error: Error) => expect(error.message).toBe("crash");

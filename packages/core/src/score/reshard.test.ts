import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { batches } from "../../../../test/support/score-steps.ts";
import { detector, distanceScorer, metric, record, scorePorts, T0 } from "../../../../test/support/scoring.ts";
import type { StreamRecord, Table } from "../store/ports.ts";
import { readHead } from "../store/read-series.ts";
import { scoreBatch } from "./run.ts";

const host = detector({ closeAfterRows: 2 });
const HOUR_MS = 3_600_000;
/** What a Kinesis stream of the deployment keeps. */
const RETENTION_MS = 48 * HOUR_MS;

/** Records of one series; the stream reshards between each two parts, by which the series comes to another shard. */
const recordsOf = (parts: readonly { records: number; hours: number }[]): StreamRecord[] => {
  let hours = 0;
  let number = 0;
  return parts.flatMap((part, shard) =>
    Array.from({ length: part.records }, () => {
      hours += part.hours;
      number++;
      const values = { cpu: number % 5 === 4 ? 500 : 50, memory: shard };
      return record(number, metric("a", number, values), shard, T0 + Math.round(hours * HOUR_MS));
    }),
  );
};
const part = fc.record({ records: fc.integer({ min: 1, max: 5 }), hours: fc.constantFrom(0, 0.5, 7, 24, 47, 96, 97) });
const parts = fc.array(part, { minLength: 1, maxLength: 30 });
const score = async (table: Table, all: readonly (readonly StreamRecord[])[]) => {
  const ports = scorePorts(table, [host], [await distanceScorer(host)]);
  let applied = 0;
  for (const records of all) applied += (await scoreBatch(ports, records)).series.events;
  return applied;
};

test("a series that comes to another shard each day keeps a head of bounded size", async () => {
  const table = memoryTable();
  const records = recordsOf(Array.from({ length: 600 }, () => ({ records: 2, hours: 12 })));
  const sizes: number[] = [];
  for (const half of [records.slice(0, 600), records.slice(600)]) {
    expect(await score(table, [half])).toBe(half.length);
    const head = await readHead(table, "host", "a");
    sizes.push(head!.shards.length);
  }
  // Of today, and of the four days that are remembered.
  expect(sizes).toEqual([5, 5]);
});

test("more shards than ever one byte could count are one series all the same", async () => {
  const table = memoryTable();
  const records = recordsOf(Array.from({ length: 300 }, () => ({ records: 1, hours: 0.1 })));
  expect(await score(table, [records])).toBe(300);
  expect(await score(table, [records])).toBe(0);
  expect((await readHead(table, "host", "a"))?.shards).toHaveLength(300);
});

test("for any resharding, batches of any size give the same bytes, and a replay of anything changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(parts, fc.array(fc.nat(), { maxLength: 9 }), fc.nat(), async (all, cuts, from) => {
      const records = recordsOf(all);
      const [whole, cut] = [memoryTable(), memoryTable()];
      expect(await score(whole, [records])).toBe(records.length);
      await score(cut, batches(records, cuts));
      expect(cut.items()).toEqual(whole.items());
      expect(await score(whole, [records.slice(from % records.length), records])).toBe(0);
      expect(whole.items()).toEqual(cut.items());
    }),
    { numRuns: 60 },
  );
});

test("whatever shard is behind by all that the stream keeps, every record is applied once", async () => {
  const lag = fc.array(fc.nat(RETENTION_MS / HOUR_MS), { minLength: 3, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 12 }), lag, async (all, lags) => {
      // Three shards side by side, each in its own order; each delivered so many hours late.
      const records = recordsOf(all).map((one, index) => ({ ...one, shardId: `shardId-00000000000${index % 3}` }));
      const deliveredAt = (one: StreamRecord) => one.arrivalMs + lags[Number(one.shardId.at(-1))]! * HOUR_MS;
      const delivered = records.toSorted((a, b) => deliveredAt(a) - deliveredAt(b));
      const table = memoryTable();
      let applied = 0;
      for (const one of delivered) {
        applied += await score(table, [[one]]);
        // Delivered again while the stream still has it: nothing of it is applied.
        const still = delivered.filter(
          (other) => deliveredAt(other) <= deliveredAt(one) && deliveredAt(one) - other.arrivalMs <= RETENTION_MS,
        );
        const done = still.slice(0, still.indexOf(one) + 1);
        applied += await score(table, [done]);
      }
      expect(applied).toBe(records.length);
    }),
    { numRuns: 20 },
  );
});

import type { Clock, EventStream, StreamRecord } from "@tidewatch/core/store/ports";
import type { StreamReader } from "@tidewatch/local/stream/reader";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

export type OpenReader = { stream: EventStream; reader: StreamReader; close(): Promise<void> };

const NO_LIMIT = { records: 1_000_000, bytes: 1_000_000_000 };
const NOW_MS = Date.UTC(2026, 10, 20, 10);

/** What every StreamReader must do. `open` gives a fresh, empty stream of four shards with its reader. */
export const streamReaderContract = (name: string, open: (now: Clock) => Promise<OpenReader>): void => {
  type Parts = OpenReader & { clock: { nowMs: number } };
  const withStream = async (run: (parts: Parts) => Promise<void>): Promise<void> => {
    const clock = { nowMs: NOW_MS };
    const opened = await open(() => clock.nowMs);
    try {
      await run({ ...opened, clock });
    } finally {
      await opened.close();
    }
  };
  const test = (title: string, run: (parts: Parts) => Promise<void>): void => it(title, () => withStream(run));

  const entry = (partitionKey: string, text: string) => ({ partitionKey, data: new TextEncoder().encode(text) });
  const textOf = ({ data }: StreamRecord) => new TextDecoder().decode(data);

  describe(`${name}: read`, () => {
    test("an empty shard gives no records, and positions that are not there", async ({ reader }) => {
      expect(reader.shardIds()).toEqual([0, 1, 2, 3].map((i) => `shardId-00000000000${i}`));
      for (const shardId of reader.shardIds()) {
        expect(reader.read(shardId, undefined, NO_LIMIT)).toEqual([]);
        expect(reader.latestSequenceNumber(shardId)).toBeUndefined();
        expect(reader.lastSequenceNumberBefore(shardId, NOW_MS)).toBeUndefined();
      }
    });

    test("puts that are called at once keep the order of their calls", async ({ stream, reader }) => {
      const calls = await Promise.all(Array.from({ length: 20 }, (_, i) => stream.putMany([entry("a", `${i}`)])));
      const numbers = calls.flat().map(({ sequenceNumber }) => sequenceNumber);
      expect([...numbers].sort()).toEqual(numbers);
      expect(reader.latestSequenceNumber("shardId-000000000000")).toBe(numbers.at(-1));
    });

    test("refuses a shard that is not there", async ({ reader }) => {
      expect(() => reader.read("shardId-000000000009", undefined, NO_LIMIT)).toThrowError(/no shard/);
      expect(() => reader.latestSequenceNumber("shard")).toThrowError(/no shard/);
    });

    it("any sizes of puts and of reads give each record once, in order", async () => {
      const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 });
      const limits = fc.record({ records: fc.integer({ min: 1, max: 50 }), bytes: fc.integer({ min: 1, max: 2000 }) });
      await fc.assert(
        fc.asyncProperty(sizes, limits, async (calls, limit) => {
          await withStream(async ({ stream, reader }) => {
            let n = 0;
            const put: string[] = [];
            for (const size of calls) {
              const entries = Array.from({ length: size }, () => entry("a", `event ${n++}`));
              put.push(...entries.map(({ data }) => new TextDecoder().decode(data)));
              await stream.putMany(entries);
            }
            const read: string[] = [];
            let after: string | undefined;
            for (;;) {
              const batch = reader.read("shardId-000000000000", after, limit);
              if (batch.length === 0) break;
              const bytes = batch.reduce((sum, record) => sum + record.partitionKey.length + record.data.length, 0);
              expect(batch.length === 1 || bytes <= limit.bytes).toBe(true);
              expect(batch.length).toBeLessThanOrEqual(limit.records);
              read.push(...batch.map(textOf));
              after = batch.at(-1)!.sequenceNumber;
            }
            expect(read).toEqual(put);
            expect(after).toBe(reader.latestSequenceNumber("shardId-000000000000"));
          });
        }),
        { numRuns: 30 },
      );
    });

    it("a search finds of the same records those that are wanted, and tells how far it looked", async () => {
      const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 });
      const limits = fc.record({ records: fc.integer({ min: 1, max: 20 }), bytes: fc.integer({ min: 1, max: 400 }) });
      await fc.assert(
        fc.asyncProperty(sizes, limits, fc.integer({ min: 1, max: 30 }), async (calls, limit, every) => {
          await withStream(async ({ stream, reader }) => {
            let n = 0;
            for (const size of calls) {
              await stream.putMany(
                Array.from({ length: size }, () => entry("ä", n++ % every === 0 ? "yes" : "no, no")),
              );
            }
            const [shardId] = reader.shardIds().filter((id) => reader.latestSequenceNumber(id) !== undefined);
            if (shardId === undefined) return;
            const found: StreamRecord[] = [];
            let after: string | undefined;
            for (;;) {
              const wants = (bytes: Buffer, from: number, to: number) => bytes.toString("utf8", from, to) === "yes";
              const { records, through } = reader.search(shardId, after, limit, wants);
              if (through === undefined) break;
              expect(records.length).toBeLessThanOrEqual(limit.records);
              expect(records.every(({ sequenceNumber }) => sequenceNumber <= through)).toBe(true);
              found.push(...records);
              after = through;
            }
            expect(after).toBe(reader.latestSequenceNumber(shardId));
            const all = reader.read(shardId, undefined, NO_LIMIT);
            expect(found).toEqual(all.filter((record) => textOf(record) === "yes"));
          });
        }),
        { numRuns: 30 },
      );
    });

    test("fills a batch to its limits, across puts", async ({ stream, reader }) => {
      for (let i = 0; i < 10; i++) await stream.putMany([entry("a", "123456789"), entry("a", "123456789")]);
      const read = (records: number, bytes: number) =>
        reader.read("shardId-000000000000", undefined, { records, bytes }).length;
      expect([read(5, 1e6), read(100, 1e6), read(100, 55), read(100, 60), read(100, 1)]).toEqual([5, 20, 5, 6, 1]);
    });

    test("sees what was put after an earlier read, from the end it had reached", async ({ stream, reader }) => {
      await stream.putMany([entry("a", "1")]);
      const [first] = reader.read("shardId-000000000000", undefined, NO_LIMIT);
      expect(reader.read("shardId-000000000000", first!.sequenceNumber, NO_LIMIT)).toEqual([]);
      await stream.putMany([entry("a", "2")]);
      const next = reader.read("shardId-000000000000", first!.sequenceNumber, NO_LIMIT);
      expect(next.map(textOf)).toEqual(["2"]);
    });

    test("finds the last record before a time, and never lets arrival go back", async ({ stream, reader, clock }) => {
      const put = async (atMs: number) => {
        clock.nowMs = atMs;
        return (await stream.putMany([entry("a", `${atMs}`)]))[0]!.sequenceNumber;
      };
      const [first, second, third] = [await put(NOW_MS), await put(NOW_MS + 10), await put(NOW_MS - 5000)];
      const lastBefore = (atMs: number) => reader.lastSequenceNumberBefore("shardId-000000000000", atMs);
      expect([lastBefore(NOW_MS), lastBefore(NOW_MS + 1), lastBefore(NOW_MS + 10), lastBefore(NOW_MS + 11)]).toEqual([
        undefined,
        first,
        first,
        third,
      ]);
      const arrivals = reader.read("shardId-000000000000", undefined, NO_LIMIT).map((record) => record.arrivalMs);
      expect(arrivals).toEqual([NOW_MS, NOW_MS + 10, NOW_MS + 10]);
      expect(second < third).toBe(true);
    });
  });
};

import type { Clock, EventStream, StreamRecord } from "@tidewatch/core/store/ports";
import type { StreamReader } from "@tidewatch/local/stream/reader";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** `reader` may stay a step behind a cloud's stream; the suite waits for nothing, so it must see what was put. */
export type OpenStream = { stream: EventStream; reader: StreamReader; close(): Promise<void> };

const NO_LIMIT = { records: 1_000_000, bytes: 1_000_000_000 };
const NOW_MS = Date.UTC(2026, 10, 20, 10);

/** What every EventStream with its reader must do. `open` gives a fresh, empty stream of four shards. */
export const eventStreamContract = (name: string, open: (now: Clock) => Promise<OpenStream>): void => {
  type Parts = OpenStream & { clock: { nowMs: number } };
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
  const readAll = (reader: StreamReader) =>
    reader.shardIds().flatMap((shardId) => reader.read(shardId, undefined, NO_LIMIT));

  describe(`${name}: put`, () => {
    test("gives a receipt for each entry, under which the record is found", async ({ stream, reader }) => {
      const entries = Array.from({ length: 100 }, (_, i) => entry(`host-${i % 10}`, `event ${i}`));
      const receipts = await stream.putMany(entries);
      const records = new Map(readAll(reader).map((record) => [`${record.shardId} ${record.sequenceNumber}`, record]));
      expect(records.size).toBe(100);
      for (const [i, { shardId, sequenceNumber }] of receipts.entries()) {
        const record = records.get(`${shardId} ${sequenceNumber}`)!;
        expect([record.partitionKey, textOf(record)]).toEqual([`host-${i % 10}`, `event ${i}`]);
      }
    });

    test("routes by the MD5 of the partition key, as Kinesis does", async ({ stream }) => {
      // md5sum: "a" 0cc175b9…, "b" 92eb5ffe…, "c" 4a8a08f0…, "e" e1671797…, "é" (c3 a9) 66ddcd97…; a quarter each.
      const receipts = await stream.putMany(["a", "b", "c", "e", "é"].map((key) => entry(key, key)));
      expect(receipts.map(({ shardId }) => Number(shardId.slice(-1)))).toEqual([0, 2, 1, 3, 1]);
      expect(receipts[0]!.shardId).toBe("shardId-000000000000");
    });

    test("an explicit hash key decides instead; the ends of each range belong to it", async ({ stream }) => {
      const quarter = 2n ** 126n;
      const hashKeys = [0n, quarter - 1n, quarter, 2n * quarter, 4n * quarter - 1n];
      const receipts = await stream.putMany(
        hashKeys.map((key) => ({ ...entry("a", "x"), explicitHashKey: String(key) })),
      );
      expect(receipts.map(({ shardId }) => Number(shardId.slice(-1)))).toEqual([0, 0, 1, 2, 3]);
    });

    test("refuses a call with a bad key as a whole", async ({ stream, reader }) => {
      const bad = [
        { ...entry("", "x") },
        { ...entry("k".repeat(257), "x") },
        { ...entry("a", "x"), explicitHashKey: String(2n ** 128n) },
        { ...entry("a", "x"), explicitHashKey: "-1" },
        { ...entry("a", "x"), explicitHashKey: "" },
      ];
      for (const one of bad) {
        await expect(stream.putMany([entry("a", "good"), one])).rejects.toMatchObject({ code: "VALIDATION" });
      }
      expect(readAll(reader)).toEqual([]);
    });

    test("sequence numbers have 56 digits, begin with 49 and grow within a shard", async ({ stream }) => {
      const calls = await Promise.all(Array.from({ length: 20 }, (_, i) => stream.putMany([entry("a", `${i}`)])));
      const later = await stream.putMany([entry("a", "x"), entry("a", "y")]);
      const numbers = [...calls.flat(), ...later].map(({ sequenceNumber }) => sequenceNumber);
      for (const number of numbers) expect(number).toMatch(/^49\d{54}$/);
      expect(new Set(numbers).size).toBe(22);
      expect([...numbers].sort()).toEqual(numbers);
    });

    test("keeps empty, binary and 1 MiB data, and keys of any characters", async ({ stream, reader }) => {
      const big = new Uint8Array(1024 * 1024).fill(7);
      const data = [new Uint8Array(0), Uint8Array.of(0, 255, 10, 13, 128), big];
      await stream.putMany(data.map((bytes) => ({ partitionKey: "🌊 é\n\0", data: bytes })));
      const records = readAll(reader);
      expect(records.map((record) => record.partitionKey)).toEqual(Array(3).fill("🌊 é\n\0"));
      expect(records.every((record, i) => Buffer.from(record.data).equals(data[i]!))).toBe(true);
    });

    test("puts nothing when there is nothing to put", async ({ stream, reader }) => {
      expect(await stream.putMany([])).toEqual([]);
      expect(reader.latestSequenceNumber("shardId-000000000000")).toBeUndefined();
    });
  });

  describe(`${name}: read`, () => {
    test("an empty shard gives no records, and positions that are not there", async ({ reader }) => {
      expect(reader.shardIds()).toEqual([0, 1, 2, 3].map((i) => `shardId-00000000000${i}`));
      for (const shardId of reader.shardIds()) {
        expect(reader.read(shardId, undefined, NO_LIMIT)).toEqual([]);
        expect(reader.latestSequenceNumber(shardId)).toBeUndefined();
        expect(reader.lastSequenceNumberBefore(shardId, NOW_MS)).toBeUndefined();
      }
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

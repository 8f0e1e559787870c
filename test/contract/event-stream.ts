import { AppError } from "@tidewatch/core/errors";
import type { Clock, EventStream, StreamRecord } from "@tidewatch/core/store/ports";
import { storedBy } from "@tidewatch/core/store/put-failure";
import { describe, expect } from "vitest";
import { type Gaps, testsUnless } from "./gaps.ts";

export type OpenStream = {
  stream: EventStream;
  /** What was put since this was opened, shard by shard and in order. A cloud shows a put late: waits for that many. */
  records(atLeast: number): Promise<StreamRecord[]>;
  /** From now on the stream fails to take entries whose text ends with an odd digit. Gives the way back. */
  refuseOdd?(): () => void;
  close(): Promise<void>;
};

/** Needs a stream that can be made to fail. */
export const PARTIAL_FAILURE = "a put that fails says exactly what it has stored: the rest, put again, is there once";

const NOW_MS = Date.UTC(2026, 10, 20, 10);

/** What every EventStream must do. `open` gives a stream of four shards, with nothing in it that `records` would see. */
export const eventStreamContract = (name: string, open: (now: Clock) => Promise<OpenStream>, gaps: Gaps = {}): void => {
  const { it, checkGaps } = testsUnless(gaps);
  const test = (title: string, run: (opened: OpenStream) => Promise<void>): void =>
    it(title, async () => {
      const opened = await open(() => NOW_MS);
      try {
        await run(opened);
      } finally {
        await opened.close();
      }
    });
  const entry = (partitionKey: string, text: string) => ({ partitionKey, data: new TextEncoder().encode(text) });
  const textOf = ({ data }: StreamRecord) => new TextDecoder().decode(data);

  describe(`${name}: put`, () => {
    test("gives a receipt for each entry, under which the record is found", async ({ stream, records }) => {
      const entries = Array.from({ length: 100 }, (_, i) => entry(`host-${i % 10}`, `event ${i}`));
      const receipts = await stream.putMany(entries);
      const found = new Map(
        (await records(100)).map((record) => [`${record.shardId} ${record.sequenceNumber}`, record]),
      );
      expect(found.size).toBe(100);
      for (const [i, { shardId, sequenceNumber }] of receipts.entries()) {
        const record = found.get(`${shardId} ${sequenceNumber}`)!;
        expect([record.partitionKey, textOf(record)]).toEqual([`host-${i % 10}`, `event ${i}`]);
      }
    });

    test("keeps the order of a partition key, within a put of more than one call and between puts", async (opened) => {
      const numbers = Array.from({ length: 1201 }, (_, i) => i);
      await opened.stream.putMany(numbers.slice(0, 1100).map((i) => entry(`key-${i % 3}`, `${i}`)));
      await opened.stream.putMany(numbers.slice(1100).map((i) => entry(`key-${i % 3}`, `${i}`)));
      const records = await opened.records(1201);
      for (const rest of [0, 1, 2]) {
        const texts = records.filter(({ partitionKey }) => partitionKey === `key-${rest}`).map(textOf);
        expect(texts.map(Number)).toEqual(numbers.filter((i) => i % 3 === rest));
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

    test("refuses a call with a bad key as a whole", async ({ stream, records }) => {
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
      expect(await records(0)).toEqual([]);
    });

    test("sequence numbers have 56 digits, begin with 49 and grow with each put of a shard", async ({ stream }) => {
      const numbers: string[] = [];
      for (let i = 0; i < 5; i++) {
        const receipts = await stream.putMany([entry("a", "x"), entry("a", "y")]);
        numbers.push(...receipts.map(({ sequenceNumber }) => sequenceNumber));
      }
      for (const number of numbers) expect(number).toMatch(/^49\d{54}$/);
      expect(new Set(numbers).size).toBe(10);
      expect([...numbers].sort()).toEqual(numbers);
    });

    test("puts at once get receipts of their own", async ({ stream, records }) => {
      const puts = Array.from({ length: 20 }, (_, i) => stream.putMany([entry("a", `${i}`)]));
      const receipts = (await Promise.all(puts)).flat();
      const found = new Map((await records(20)).map((record) => [record.sequenceNumber, textOf(record)]));
      expect(receipts.map(({ sequenceNumber }) => found.get(sequenceNumber))).toEqual(
        Array.from({ length: 20 }, (_, i) => `${i}`),
      );
    });

    test("keeps empty and binary data, a record of 1 MiB, and keys of any characters", async ({ stream, records }) => {
      const partitionKey = "🌊 é\n\0";
      // A record's 1 MiB is of data and key together.
      const big = new Uint8Array(1024 * 1024 - Buffer.byteLength(partitionKey)).fill(7);
      const data = [new Uint8Array(0), Uint8Array.of(0, 255, 10, 13, 128), big];
      await stream.putMany(data.map((bytes) => ({ partitionKey, data: bytes })));
      const found = await records(3);
      expect(found.map((record) => record.partitionKey)).toEqual(Array(3).fill(partitionKey));
      expect(found.every((record, i) => Buffer.from(record.data).equals(data[i]!))).toBe(true);
    });

    test(PARTIAL_FAILURE, async ({ stream, records, refuseOdd }) => {
      const entries = Array.from({ length: 40 }, (_, i) => entry(`host-${i}`, `event ${i}`));
      const recover = refuseOdd!();
      const failure: unknown = await stream.putMany(entries).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(AppError);
      recover();
      const stored = storedBy(failure);
      const receipts = await stream.putMany(entries.filter((_, i) => !stored[i]));
      expect(receipts.length).toBeGreaterThanOrEqual(20);
      const found = await records(40);
      expect(found.map(textOf).sort()).toEqual(entries.map((_, i) => `event ${i}`).sort());
      for (const [i, receipt] of stored.entries()) {
        const record = found.find(({ sequenceNumber }) => sequenceNumber === receipt?.sequenceNumber);
        if (receipt) expect([record!.shardId, textOf(record!)]).toEqual([receipt.shardId, `event ${i}`]);
      }
    });

    test("puts nothing when there is nothing to put", async ({ stream, records }) => {
      expect(await stream.putMany([])).toEqual([]);
      expect(await records(0)).toEqual([]);
    });
  });
  checkGaps();
};

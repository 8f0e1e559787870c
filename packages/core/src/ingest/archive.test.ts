import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { inflate, packed, packedLine } from "../../../../test/support/packed.ts";
import type { Blobs, StreamRecord, Table } from "../store/ports.ts";
import { archiveBatch } from "./archive.ts";
import { readArchiveCounts } from "./archive-counts.ts";
import { archivedEvents, archivedLines, quarantinedRecords } from "./read-archive.ts";

const SHARD = "shardId-000000000000";
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 10, 20, 23, 59, 59);
const sequence = (position: number): string => `496${String(position).padStart(53, "0")}`;
const utf8 = (text: string) => new TextEncoder().encode(text);
const metric = (position: number) =>
  JSON.stringify({ type: "metric", entity: "a", timestamp: START_MS + position, values: { position } });
const record = (position: number, data: Uint8Array, arrivalMs = START_MS): StreamRecord => ({
  shardId: SHARD,
  sequenceNumber: sequence(position),
  partitionKey: "a",
  data,
  arrivalMs,
});

const zip = promisify(gzip);
const unzip = promisify(gunzip);
const world = () => {
  const blobs = memoryBlobs();
  const table = memoryTable();
  const gunzip = (bytes: Uint8Array) => unzip(bytes);
  return { blobs, table, gzip: (bytes: Uint8Array) => zip(bytes), gunzip, inflate };
};
const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe("what becomes of a record", () => {
  test("a valid event is archived byte for byte, by the hour in which it arrived", async () => {
    const ports = world();
    const odd = '  {"values":{"b":1.50},"type":"metric","entity":"a","timestamp":"2026-11-20T10:00:00Z"}';
    await archiveBatch(ports, [record(1, utf8(odd)), record(2, utf8(metric(2)), START_MS + 2000)]);
    expect([...ports.blobs.objects.keys()]).toEqual([
      `events/dt=2026-11-20/hour=23/${SHARD}-${sequence(1)}.ndjson.gz`,
      `events/dt=2026-11-21/hour=00/${SHARD}-${sequence(2)}.ndjson.gz`,
    ]);
    const lines = await collect(archivedLines(ports));
    expect(lines.map((line) => Buffer.from(line).toString())).toEqual([odd, metric(2)]);
  });

  test("an event written over several lines becomes one line with the same meaning", async () => {
    const ports = world();
    const pretty = JSON.stringify(JSON.parse(metric(1)), null, 2).replaceAll("\n", "\r\n");
    await archiveBatch(ports, [record(1, utf8(pretty))]);
    const [line] = await collect(archivedLines(ports));
    expect(Buffer.from(line!).toString()).toBe(metric(1));
  });

  test("anything else is quarantined with its reason and its place", async () => {
    const ports = world();
    await archiveBatch(ports, [record(7, utf8('{"type":"metric"\n'))]);
    const key = `quarantine/dt=2026-11-20/hour=23/${SHARD}-${sequence(7)}.ndjson`;
    expect([...ports.blobs.objects.keys()]).toEqual([key]);
    expect(await collect(quarantinedRecords(ports))).toEqual([
      {
        reason: expect.stringMatching(/^not JSON/),
        record: '{"type":"metric"\n',
        shardId: SHARD,
        sequenceNumber: sequence(7),
      },
    ]);
  });

  test("bytes that are no text are quarantined in base64", async () => {
    const ports = world();
    const bytes = Uint8Array.of(0xff, 0x00, 0x80);
    await archiveBatch(ports, [record(1, bytes)]);
    const [line] = await collect(quarantinedRecords(ports));
    expect(line).toMatchObject({ reason: "not UTF-8", encoding: "base64", record: "/wCA" });
  });

  test("the counters add up, per shard", async () => {
    const ports = world();
    const report = await archiveBatch(ports, [record(1, utf8(metric(1))), record(2, utf8("x")), record(3, utf8(""))]);
    expect(report).toEqual({ archived: 1, quarantined: 2, repeated: 0 });
    expect(await readArchiveCounts(ports.table, SHARD)).toEqual({
      received: 3,
      archived: 1,
      quarantined: 2,
      sequenceNumber: sequence(3),
    });
  });

  test("a record of CloudWatch Logs becomes a line for each log event, those that break a rule in quarantine", async () => {
    const ports = world();
    const lines = [packedLine("one"), packedLine("two", 5), packedLine("three")];
    const batch = [record(1, packed(lines)), record(2, packed([])), record(3, packed([packedLine("four")], "base64"))];
    const report = await archiveBatch(ports, [...batch, record(4, packed(undefined)), record(5, utf8(metric(5)))]);
    expect(report).toEqual({ archived: 4, quarantined: 1, repeated: 0 });
    const archived = await collect(archivedEvents(ports));
    expect(archived.map((event) => (event.type === "log" ? event.message : event.values))).toEqual([
      ...["one", "three", "four"],
      { position: 5 },
    ]);
    expect(await collect(quarantinedRecords(ports))).toEqual([
      {
        reason: expect.stringContaining("timestamp must lie between"),
        record: expect.stringContaining('"message":"two"'),
        ...{ shardId: SHARD, sequenceNumber: sequence(1), part: 1 },
      },
    ]);
    expect(await readArchiveCounts(ports.table, SHARD)).toMatchObject({ received: 5, archived: 4, quarantined: 1 });
  });

  test("a compressed record that cannot be read is quarantined as it came", async () => {
    const ports = world();
    const torn = packed([packedLine("one")]).subarray(0, 30);
    await archiveBatch(ports, [record(1, torn)]);
    const [line] = await collect(quarantinedRecords(ports));
    expect(line).toMatchObject({ reason: expect.stringContaining("cannot be inflated"), encoding: "base64" });
    expect(Buffer.from(line!.record, "base64")).toEqual(Buffer.from(torn));
  });

  test("a batch that was archived before changes nothing", async () => {
    const ports = world();
    const batch = [record(1, utf8(metric(1))), record(2, utf8("x"))];
    await archiveBatch(ports, batch);
    const before = new Map(ports.blobs.objects);
    expect(await archiveBatch(ports, batch)).toEqual({ archived: 0, quarantined: 0, repeated: 2 });
    expect(ports.blobs.objects).toEqual(before);
  });

  test("a second archiver of the same shard is refused by the counters", async () => {
    const ports = world();
    const slow: Table = {
      ...ports.table,
      putMany: async (puts) => {
        await archiveBatch(ports, [record(1, utf8(metric(1)))]);
        return ports.table.putMany(puts);
      },
    };
    await expect(archiveBatch({ ...ports, table: slow }, [record(1, utf8(metric(1)))])).rejects.toThrow(
      /another archiver/,
    );
  });

  test("counters that cannot be read stop the archive instead of starting again at zero", async () => {
    const ports = world();
    const item = { pk: "COUNTS#archive", sk: SHARD, version: 1, doc: '{"received":-1}' };
    await ports.table.putMany([{ item, condition: { kind: "any" } }]);
    await expect(archiveBatch(ports, [record(1, utf8("x"))])).rejects.toMatchObject({ code: "CORRUPT" });
  });
});

/** Records of CloudWatch Logs by the times of their lines; one of 1970 breaks a rule. */
const packedParts: Record<string, number[]> = {
  packed: [START_MS, START_MS, START_MS],
  "packed, partly bad": [START_MS, 5, START_MS, 5],
  "control message": [],
};

/** Ports that die at the n-th write, just before or just after it took effect. */
const dying = (ports: ReturnType<typeof world>, writesLeft: number, takesEffect: boolean) => {
  let left = writesLeft;
  const write = async <T>(put: () => Promise<T>): Promise<T> => {
    if (left-- > 0) return put();
    if (takesEffect && left === -1) await put();
    throw new Error("killed");
  };
  const blobs: Blobs = { ...ports.blobs, put: (key, bytes) => write(() => ports.blobs.put(key, bytes)) };
  const table: Table = { ...ports.table, putMany: (puts) => write(() => ports.table.putMany(puts)) };
  return { ...ports, blobs, table };
};

test("whatever dies when, each record ends exactly once in archive or quarantine, and the counters say so", async () => {
  const data = fc.oneof(
    { weight: 4, arbitrary: fc.constant("event") },
    { weight: 1, arbitrary: fc.constant("several lines") },
    { weight: 2, arbitrary: fc.constantFrom("", "x", "{", "\n") },
    { weight: 2, arbitrary: fc.constantFrom("packed", "packed, partly bad", "control message") },
  );
  const scenario = fc.record({
    records: fc.array(fc.record({ data, hoursLater: fc.constantFrom(0, 0, 0, 1, 5) }), { minLength: 1, maxLength: 25 }),
    /** Each attempt resumes at the checkpoint with its own batch size and dies after some writes, or does not. */
    attempts: fc.array(
      fc.record({
        batchSize: fc.integer({ min: 1, max: 25 }),
        diesAfter: fc.option(fc.nat(6)),
        takesEffect: fc.boolean(),
        forgetsCheckpoint: fc.boolean(),
      }),
      { maxLength: 12 },
    ),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ records: parts, attempts }) => {
      let hour = 0;
      const records = parts.map((part, index) => {
        hour += part.hoursLater;
        const event = metric(index + 1);
        const texts: Record<string, string> = { event, "several lines": event.replaceAll(",", ",\n") };
        const lines = packedParts[part.data]?.map((timestamp) => packedLine(`${index + 1}`, timestamp));
        const data = lines ? packed(lines) : utf8(texts[part.data] ?? part.data);
        return record(index + 1, data, START_MS + hour * HOUR_MS);
      });
      const ports = world();
      let next = 0;
      for (const { batchSize, diesAfter, takesEffect, forgetsCheckpoint } of attempts) {
        const from = forgetsCheckpoint ? 0 : next;
        const to = Math.min(from + batchSize, records.length);
        const alive = diesAfter === null ? ports : dying(ports, diesAfter, takesEffect);
        const survived = await archiveBatch(alive, records.slice(from, to)).then(
          () => true,
          () => false,
        );
        if (survived) next = Math.max(next, to);
      }
      await archiveBatch(ports, records.slice(next));

      const archived = (await collect(archivedEvents(ports))).map((event) =>
        event.type === "metric" ? event.values.position! : Number(event.message),
      );
      const quarantined = await collect(quarantinedRecords(ports));
      /** How many lines of a record go where. */
      const linesIn = (index: number, isArchived: boolean): number => {
        const { data } = parts[index]!;
        const isEvent = data === "event" || data === "several lines";
        return packedParts[data]?.filter((ms) => (ms === START_MS) === isArchived).length ?? +(isEvent === isArchived);
      };
      const positions = (isArchived: boolean) =>
        records.flatMap((_, index) => Array.from({ length: linesIn(index, isArchived) }, () => index + 1));
      expect(archived).toEqual(positions(true));
      expect(quarantined.map((line) => line.sequenceNumber)).toEqual(positions(false).map(sequence));
      const refused = new Set(positions(false)).size;
      expect(await readArchiveCounts(ports.table, SHARD)).toEqual({
        received: records.length,
        archived: records.length - refused,
        quarantined: refused,
        sequenceNumber: sequence(records.length),
      });
    }),
    { numRuns: 300 },
  );
});

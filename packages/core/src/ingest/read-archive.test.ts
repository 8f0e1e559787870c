import { describe, expect, test } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { archivedEvents, archivedLines, quarantinedRecords } from "./read-archive.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const event = (entity: string) => ({ type: "metric", entity, timestamp: 1763632800000, values: { cpu: 1 } });
const stored = async (objects: Record<string, string>) => {
  const blobs = memoryBlobs();
  for (const [key, text] of Object.entries(objects)) await blobs.put(key, utf8(text));
  return { blobs, gunzip: async (bytes: Uint8Array) => bytes };
};
const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe("the archive", () => {
  test("is read object after object in the order of their keys, below a prefix", async () => {
    const line = (entity: string) => `${JSON.stringify(event(entity))}\n`;
    const ports = await stored({
      "events/dt=2026-11-21/hour=00/b.ndjson.gz": line("third"),
      "events/dt=2026-11-20/hour=23/a.ndjson.gz": line("first") + line("second"),
      "quarantine/dt=2026-11-20/hour=23/a.ndjson": "",
    });
    expect(await collect(archivedEvents(ports))).toEqual(["first", "second", "third"].map(event));
    expect(await collect(archivedLines(ports, "events/dt=2026-11-21/"))).toEqual([utf8(line("third").trimEnd())]);
  });

  test("is read to the end when it has more objects than one listing gives", async () => {
    const keys = Array.from({ length: 2001 }, (_, index) => `events/${String(index).padStart(5, "0")}.ndjson.gz`);
    const ports = await stored(Object.fromEntries(keys.map((key) => [key, key])));
    expect((await collect(archivedLines(ports))).map((line) => new TextDecoder().decode(line))).toEqual(keys);
  });

  test("says so when an object goes away while it is read", async () => {
    const ports = await stored({ "events/a.ndjson.gz": "x" });
    const gone = { ...ports, blobs: { ...ports.blobs, get: async () => undefined } };
    await expect(collect(archivedLines(gone))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("that holds a line that is no event is corrupt", async () => {
    const ports = await stored({ "events/a.ndjson.gz": "nonsense\n" });
    await expect(collect(archivedEvents(ports))).rejects.toMatchObject({ code: "CORRUPT" });
  });
});

test("a line of quarantine with a key that is not ours is refused", async () => {
  const ports = await stored({ "quarantine/a.ndjson": '{"reason":"x","record":"","shardId":"s","extra":1}\n' });
  await expect(collect(quarantinedRecords(ports))).rejects.toThrow();
});

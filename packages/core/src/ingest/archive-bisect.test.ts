import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { inflate } from "../../../../test/support/packed.ts";
import type { StreamRecord } from "../store/ports.ts";
import { archiveBatch } from "./archive.ts";
import { readArchiveCounts } from "./archive-counts.ts";
import { archivedEvents, quarantinedRecords } from "./read-archive.ts";

// Lambda with `bisectBatchOnFunctionError`: a batch that fails is halved, the first half goes first, and a record that
// still fails alone is given up.

const SHARD = "shardId-000000000000";
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 10, 20, 23, 59, 59);
const KILLER = "this one kills the sandbox";
const zip = promisify(gzip);
const unzip = promisify(gunzip);

const sequence = (position: number): string => `496${String(position).padStart(53, "0")}`;
const textOf = (kind: string, position: number) =>
  kind === "invalid"
    ? "x"
    : JSON.stringify({
        ...{ type: "metric", entity: "a", timestamp: START_MS + position, values: { position } },
        ...(kind === "killer" ? { tags: { note: KILLER } } : {}),
      });
const recordsOf = (kinds: readonly { kind: string; hoursLater: number }[]): StreamRecord[] => {
  let hour = 0;
  return kinds.map(({ kind, hoursLater }, index) => {
    hour += hoursLater;
    const data = new TextEncoder().encode(textOf(kind, index + 1));
    const arrivalMs = START_MS + hour * HOUR_MS;
    return { shardId: SHARD, sequenceNumber: sequence(index + 1), partitionKey: "a", data, arrivalMs };
  });
};

test("halving loses only the records that kill the sandbox, and doubles none, whatever dies besides", async () => {
  const kind = fc.oneof(
    { weight: 6, arbitrary: fc.constant("event") },
    { weight: 2, arbitrary: fc.constant("invalid") },
    { weight: 1, arbitrary: fc.constant("killer") },
  );
  const scenario = fc.record({
    kinds: fc.array(fc.record({ kind, hoursLater: fc.constantFrom(0, 0, 0, 1) }), { minLength: 1, maxLength: 20 }),
    /** Attempts that die of something else after so many writes; they are repeated, in halves too. */
    mishaps: fc.array(fc.option(fc.nat(4)), { maxLength: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ kinds, mishaps }) => {
      const records = recordsOf(kinds);
      const blobs = memoryBlobs();
      const table = memoryTable();
      const pending = [...mishaps];
      const givenUp: string[] = [];
      const attempt = async (batch: StreamRecord[]): Promise<"done" | "killed" | "mishap"> => {
        let left = pending.shift() ?? Number.POSITIVE_INFINITY;
        let isKilled = false;
        const write = async <T>(put: () => Promise<T>): Promise<T> => {
          if (left-- <= 0) throw new Error("a mishap");
          return put();
        };
        const packed = async (bytes: Uint8Array) => {
          isKilled ||= new TextDecoder().decode(bytes).includes(KILLER);
          if (isKilled) throw new Error("killed");
          return zip(bytes);
        };
        const ports = {
          blobs: { ...blobs, put: (key: string, bytes: Uint8Array) => write(() => blobs.put(key, bytes)) },
          table: { ...table, putMany: (puts: Parameters<typeof table.putMany>[0]) => write(() => table.putMany(puts)) },
          gzip: packed,
          inflate,
        };
        return archiveBatch(ports, batch).then(
          () => "done",
          () => (isKilled ? "killed" : "mishap"),
        );
      };
      const consume = async (batch: StreamRecord[]): Promise<void> => {
        const outcome = await attempt(batch);
        if (outcome === "done") return;
        if (batch.length > 1) {
          const middle = Math.ceil(batch.length / 2);
          await consume(batch.slice(0, middle));
          await consume(batch.slice(middle));
        } else if (outcome === "killed") givenUp.push(batch[0]!.sequenceNumber);
        else await consume(batch);
      };
      await consume(records);

      const of = (wanted: string) => records.filter((_, index) => kinds[index]!.kind === wanted);
      const numbers = (some: StreamRecord[]) => some.map(({ sequenceNumber }) => sequenceNumber);
      const archived: string[] = [];
      for await (const event of archivedEvents({ blobs, gunzip: (bytes) => unzip(bytes) })) {
        archived.push(event.type === "metric" ? sequence(event.values.position ?? -1) : "");
      }
      const quarantined: string[] = [];
      for await (const { sequenceNumber } of quarantinedRecords({ blobs })) quarantined.push(sequenceNumber);
      expect(archived).toEqual(numbers(of("event")));
      expect(quarantined).toEqual(numbers(of("invalid")));
      expect(givenUp).toEqual(numbers(of("killer")));
      const counts = await readArchiveCounts(table, SHARD);
      expect(counts?.received ?? 0).toBe(archived.length + quarantined.length);
    }),
    { numRuns: 300 },
  );
});

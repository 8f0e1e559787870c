import { describe, expect, it } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { countRecords, totalCounts } from "./counts.ts";

const counted = (number: number, deliveries: number, isInvalid = false, failed = 0) => ({
  ...{ sequenceNumber: String(number), deliveries, isInvalid, failed },
});

describe("countRecords", () => {
  it("counts each record once, whatever the batches, and adds up over shards", async () => {
    const table = memoryTable();
    await countRecords(table, "a", [counted(9, 1), counted(10, 0)]);
    await countRecords(table, "a", [counted(9, 1), counted(10, 0), counted(11, 0, true)]);
    await countRecords(table, "b", [counted(2, 3)]);
    const counts = { received: 4, invalid: 1, unmatched: 1, deliveries: 4, failed: 0 };
    expect(await totalCounts(table, "score")).toEqual(counts);
  });

  it("counts failed deliveries once, on top of counters from before there were any", async () => {
    const table = memoryTable();
    const doc = JSON.stringify({ received: 1, invalid: 0, unmatched: 0, deliveries: 1, sequenceNumber: "9" });
    await table.putMany([{ item: { pk: "COUNTS#score", sk: "a", version: 1, doc }, condition: { kind: "any" } }]);
    await countRecords(table, "a", [counted(9, 1), counted(10, 3, false, 2)]);
    await countRecords(table, "a", [counted(10, 3, false, 2)]);
    expect(await totalCounts(table, "score")).toMatchObject({ received: 2, deliveries: 4, failed: 2 });
  });

  it("counts from a fresh reading when another scorer of the shard was first", async () => {
    const table = memoryTable();
    let isFirst = true;
    const raced = {
      ...table,
      getMany: async (keys: Parameters<typeof table.getMany>[0]) => {
        const items = await table.getMany(keys);
        if (isFirst) {
          isFirst = false;
          await countRecords(table, "a", [counted(1, 1), counted(2, 1)]);
        }
        return items;
      },
    };
    await countRecords(raced, "a", [counted(1, 1), counted(2, 1), counted(3, 1)]);
    expect(await totalCounts(table, "score")).toMatchObject({ received: 3, deliveries: 3 });
  });

  it("gives up with the shard's name when another scorer is always first", async () => {
    const raced = { ...memoryTable(), putMany: async () => ["conflict" as const] };
    await expect(countRecords(raced, "a", [counted(1, 1)])).rejects.toThrow("keeps writing the counters of a");
  });
});

describe("totalCounts", () => {
  it("adds up more shards than one page holds", async () => {
    const table = memoryTable();
    const shards = Array.from({ length: 1001 }, (_, n) => `shard-${n}`);
    for (const shard of shards) await countRecords(table, shard, [counted(1, 2)]);
    expect((await totalCounts(table, "score")).deliveries).toBe(2002);
  });

  it("refuses damaged counters by name", async () => {
    const table = memoryTable();
    const item = { pk: "COUNTS#score", sk: "a", version: 1, doc: '{"received":-1}' };
    await table.putMany([{ item, condition: { kind: "any" } }]);
    await expect(countRecords(table, "a", [counted(1, 1)])).rejects.toThrow("counters of a cannot be read");
  });
});

import { expect, test } from "vitest";
import { addReceipts, nothingIngested } from "./ingested.ts";

const receipts = (shard: number, ...numbers: number[]) =>
  numbers.map((number) => ({ shardId: `shard-${shard}`, sequenceNumber: String(number) }));

test("each shard's span goes from its first record to its last, over all turns of a request", () => {
  const ingested = nothingIngested();
  addReceipts(ingested, [...receipts(1, 5), ...receipts(2, 7), ...receipts(1, 6)]);
  addReceipts(ingested, receipts(1, 9));
  expect(ingested).toEqual({
    accepted: 4,
    rejected: 0,
    stored: [
      { shardId: "shard-1", events: 3, firstSequenceNumber: "5", lastSequenceNumber: "9" },
      { shardId: "shard-2", events: 1, firstSequenceNumber: "7", lastSequenceNumber: "7" },
    ],
  });
});

test("a stream of many shards does not make an endless line, and every event is counted", () => {
  const ingested = nothingIngested();
  for (let shard = 0; shard < 100; shard++) addReceipts(ingested, receipts(shard, 1));
  expect([ingested.accepted, ingested.stored.length]).toEqual([100, 16]);
});

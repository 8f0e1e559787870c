import { expect, test } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { countsKey } from "../store/keys.ts";
import { scoredPosition, shardsBehind } from "./archive-position.ts";

const counted = (stage: "archive" | "score", shardId: string, sequenceNumber: string) => ({
  item: { ...countsKey(stage, shardId), version: 1, doc: JSON.stringify({ received: 1, sequenceNumber }) },
  condition: { kind: "any" as const },
});

test("the archive is behind on the shards of which it lacks what was scored, whatever the numbers' lengths", async () => {
  const table = memoryTable();
  expect(await shardsBehind(table, await scoredPosition(table))).toEqual([]);
  await table.putMany([counted("score", "a", "1000"), counted("score", "b", "20"), counted("score", "c", "7")]);
  await table.putMany([counted("archive", "a", "999"), counted("archive", "b", "20")]);
  expect(await scoredPosition(table)).toEqual({ a: "1000", b: "20", c: "7" });
  expect(await shardsBehind(table, await scoredPosition(table))).toEqual(["a", "c"]);
});

test("shards may be more than a page", async () => {
  const table = memoryTable();
  const shards = Array.from({ length: 1500 }, (_, n) => `shard-${String(n).padStart(5, "0")}`);
  await table.putMany(shards.map((shard) => counted("score", shard, "5")));
  expect(Object.keys(await scoredPosition(table))).toEqual(shards);
});

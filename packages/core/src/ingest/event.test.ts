import { expect, test } from "vitest";
import { partitionKey } from "./event.ts";

const log = { type: "log", entity: "hdfs", timestamp: 1763632800000, message: "" } as const;

test("metrics go to the shard of their entity, log lines to that of their session where they have one", () => {
  const metric = { type: "metric", entity: "host", timestamp: 1763632800000, values: { cpu: 1 } } as const;
  expect([metric, log, { ...log, session: "blk_1" }].map(partitionKey)).toEqual(["host", "hdfs", "blk_1"]);
});

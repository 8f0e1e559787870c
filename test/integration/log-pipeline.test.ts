import { gzipSync } from "node:zlib";
import { dataPaths } from "@tidewatch/local/runtime/paths";
import { type Pipeline, startPipeline } from "@tidewatch/local/runtime/pipeline";
import { startServer } from "@tidewatch/local/runtime/server";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

// The whole local pipeline over loopback: lines of a file system's log by HTTP, sessions by block, verdicts by the API.

const DETECTOR = {
  id: "hdfs",
  match: { type: "log" },
  session: { key: { pattern: "blk_-?\\d+" }, idleSeconds: 60, training: "normal", minTrainingSessions: 20 },
  rates: { intervalSeconds: 60 },
};
const BLOCKS = 30;
const HOUR_MS = 3_600_000;
/** A schedule notes there that it told of the model: before the replay or after it. */
const BY_THE_CLOCK = ["MODEL#"];
/** Training reads the last days. */
const START_MS = Date.now() - 3 * HOUR_MS;

let folder: ReturnType<typeof temporaryFolder>;
let pipeline: Pipeline;
let server: Awaited<ReturnType<typeof startServer>>;
const start = async () => {
  pipeline = await startPipeline({ directory: folder.path });
  server = await startServer(pipeline, {
    ...{ version: "test", host: "127.0.0.1", port: 0, kinesisPort: 0, log: () => {} },
  });
};
const stop = async () => {
  await server.close();
  await pipeline.close();
};
beforeEach(async () => {
  folder = temporaryFolder();
  await start();
});
afterEach(async () => {
  await stop();
  folder.remove();
});

const call = async (method: string, path: string, body?: string, type = "application/json") => {
  const content = body === undefined ? {} : { body, headers: { "content-type": type } };
  const response = await fetch(`${server.url}${path}`, { method, ...content });
  const text = await response.text();
  expect(response.ok, text).toBe(true);
  return JSON.parse(text) as Record<string, never>;
};
const line = (second: number, level: string, message: string) =>
  `${new Date(START_MS + second * 1000).toISOString().replace("T", " ").replace(".", ",").slice(0, 23)} ${level} ${message}`;
const receiving = (block: string, second: number) =>
  line(second, "INFO", `dfs.DataNode: Receiving block ${block} src: /10.250.19.102:54106 dest: /10.250.19.102:50010`);
const responder = (block: string, second: number) =>
  line(second, "INFO", `dfs.DataNode$PacketResponder: PacketResponder 1 for block ${block} terminating`);
const stored = (block: string, second: number) =>
  line(
    second,
    "INFO",
    `dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: ${block} is added to 10.250.10.6:50010 size 64`,
  );
const failed = (block: string, second: number) =>
  line(second, "WARN", `dfs.DataNode: writeBlock ${block} received exception java.io.IOException: Could not read`);
const normal = (block: string, second: number) => [
  receiving(block, second),
  responder(block, second + 1),
  stored(block, second + 2),
];
const send = async (...lines: string[]) => {
  const answer = await call("POST", "/v1/events?entity=hdfs", `${lines.join("\n")}\n`, "text/plain");
  expect(answer).toMatchObject({ accepted: lines.length });
  await pipeline.drained();
};
/** Blocks that end by what comes long after them, and a model learnt from them. */
const learn = async () => {
  await call("POST", "/v1/detectors", JSON.stringify(DETECTOR));
  await send(...Array.from({ length: BLOCKS }, (_, block) => normal(`blk_${block}`, block * 3)).flat());
  await send(...normal("blk_-777", 1000));
  await call("POST", `/v1/detectors/${DETECTOR.id}/train`);
};
const session = async (key: string) => (await call("GET", `/v1/sessions/${key}?detector=hdfs`)) as unknown as Session;
type Verdict = {
  isAnomalous: boolean;
  isFinal: boolean;
  extra: { template: string }[];
  missing: { template: string }[];
};
type Session = { state: string; lines: number; verdict: Verdict | null };

test("lines become sessions, a restart in the middle of one loses nothing, and a replay changes no byte", async () => {
  await learn();
  await send(receiving("blk_66", 2000), ...normal("blk_67", 2001));
  expect(await session("blk_66")).toMatchObject({ state: "open", lines: 1 });
  await stop();
  await start();
  await send(failed("blk_66", 2010), ...normal("blk_68", 2011));
  const early = await session("blk_66");
  expect(early).toMatchObject({ state: "open", lines: 2 });
  await send(...normal("blk_69", 4000));

  const [bad, good] = [await session("blk_66"), await session("blk_67")];
  expect(bad).toMatchObject({ state: "idle", lines: 2, verdict: { isAnomalous: true, isFinal: true } });
  expect(bad.verdict?.extra.map(({ template }) => template).join()).toContain("received exception");
  expect(bad.verdict?.missing.map(({ template }) => template).join()).toContain("PacketResponder");
  expect(good).toMatchObject({ state: "idle", lines: 3, verdict: { isAnomalous: false } });
  const { items } = await call("GET", "/v1/sessions?detector=hdfs");
  expect((items as unknown as { key: string }[]).map(({ key }) => key)).toEqual(["blk_66"]);

  const status = await call("GET", "/v1/status");
  const lines = 3 * BLOCKS + 3 + 4 + 4 + 3;
  const none = { invalid: 0, unmatched: 0, failed: 0 };
  expect(status.log).toEqual({ received: lines, lines, deliveries: lines, ...none });
  expect(status.archive).toMatchObject({ received: lines, archived: lines });
  expect(status.score).toMatchObject({ received: 0 });

  const before = pipeline.digest("", BY_THE_CLOCK);
  await stop();
  const db = new Database(dataPaths(folder.path).table);
  expect(db.prepare("DELETE FROM checkpoint WHERE consumer = 'log'").run().changes).toBeGreaterThan(0);
  db.close();
  await start();
  await pipeline.drained();
  expect(pipeline.digest("", BY_THE_CLOCK)).toBe(before);
});

test("records of CloudWatch Logs come past the API, beside metrics, and are lines as any", async () => {
  await learn();
  const logEvents = [...normal("blk_70", 2000), failed("blk_71", 2001)].map((message, index) => ({
    ...{ id: String(index), timestamp: START_MS + 2_000_000 + index, message },
  }));
  const record = {
    ...{ messageType: "DATA_MESSAGE", owner: "123456789012", logGroup: "hdfs", logStream: "node-1" },
    ...{ subscriptionFilters: ["all"], logEvents },
  };
  const packed = gzipSync(JSON.stringify(record));
  const metric = { type: "metric", entity: "web-1", timestamp: START_MS, values: { cpu: 1 } };
  await pipeline.stream.putMany([
    { partitionKey: "a", data: packed },
    { partitionKey: "b", data: Buffer.from(JSON.stringify(metric)) },
    { partitionKey: "a", data: Buffer.from(packed.toString("base64")) },
  ]);
  await pipeline.drained();
  expect(await session("blk_70")).toMatchObject({ lines: 6 });
  expect((await session("blk_71")).verdict).toMatchObject({ isAnomalous: true });
  const { log, score } = await call("GET", "/v1/status");
  expect(log).toMatchObject({ received: 3 * BLOCKS + 3 + 2, lines: 3 * BLOCKS + 3 + 8 });
  expect(score).toMatchObject({ received: 1 });
});

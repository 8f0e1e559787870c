import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepFailed } from "@tidewatch/core/ingest/failed";
import { createApi } from "@tidewatch/functions/api/create-api";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { listen } from "@tidewatch/local/http/listen";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { metric, record } from "../support/scoring.ts";
import { tidewatch } from "../support/tidewatch.ts";

let folder: string;
let url: string;
let pipeline: Awaited<ReturnType<typeof startPipeline>>;
let closeServer: () => Promise<void>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidewatch-server-"));
  pipeline = await startPipeline({ directory: join(folder, "data") });
  const { stream, table, blobs, train, examine, datasets, orderBacktest, consumers } = pipeline;
  const runtime = onnxRuntime();
  const stores = { stream, table, blobs, train, examine, datasets, orderBacktest, consumers };
  const api = createApi({ version: "test", ...stores, runtime, clock: Date.now, log: () => {}, requireKeys: false });
  ({ url, close: closeServer } = await listen(api, 0, "127.0.0.1"));
});
afterAll(async () => {
  await closeServer?.();
  await pipeline?.close();
  await rm(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => tidewatch([...args, "--url", url]);

describe("the command line against a real server", () => {
  it("creates, shows, changes and deletes detectors", async () => {
    const file = join(folder, "detectors.json");
    const web = {
      id: "web",
      match: { entity: "web-*" },
      features: [{ metric: "cpu" }, { metric: "memory" }],
      model: { family: "isolation-forest" },
    };
    const db = { id: "db", features: [{ metric: "latency" }], intervalSeconds: 60, alarmsPerDay: 2 };
    const hdfs = {
      id: "hdfs",
      match: { type: "log", entity: "hdfs-*" },
      session: { key: { pattern: "blk_-?\\d+" } },
      rates: { intervalSeconds: 60 },
    };
    await writeFile(file, JSON.stringify([web, db, hdfs]));
    const applied = ["web: applied, watches metrics", "db: applied, watches metrics", "hdfs: applied, watches logs"];
    expect(await run("detectors", "apply", file)).toMatchObject({ code: 0, stdout: `${applied.join("\n")}\n` });
    const listed = await run("detectors", "list");
    expect(listed.stdout).toMatch(/^web +metrics +on +web-\* +cpu, memory +isolation-forest +every row +5 +–$/m);
    expect(listed.stdout).toMatch(/^db +metrics +on +\* +latency +stream +60 s +5 +2$/m);
    expect(listed.stdout).toMatch(/^hdfs +logs +on +hdfs-\* +sessions by blk_-\?\\d\+ +– +60 s +5 +–$/m);
    const status = await run("status");
    expect(status.stdout).toMatch(/^hdfs +0 +none yet +no model yet: 0 of 1000 sessions have ended$/m);
    expect(status.stdout).toMatch(/^hdfs\.rates +0 /m);
    const trained = await run("detectors", "train", "hdfs");
    expect(trained).toMatchObject({ code: 1, stderr: expect.stringContaining("hdfs needs 1000 sessions") });
    expect(await run("detectors", "delete", "hdfs")).toMatchObject({ code: 0 });
    const got = await run("detectors", "get", "web");
    expect(JSON.parse(got.stdout)).toMatchObject({ ...web, sensitivity: 5 });
    expect(await run("detectors", "delete", "db")).toMatchObject({ code: 0, stdout: "db: deleted\n" });
    expect(await run("detectors", "get", "db")).toMatchObject({
      code: 1,
      stderr: 'tidewatch: There is no detector "db".\n',
    });
    expect(JSON.parse((await run("detectors", "list", "--json")).stdout)).toHaveLength(1);
  });

  it("puts a file with bad lines: the good ones arrive, the bad ones are named", async () => {
    const file = join(folder, "events.ndjson");
    const good = (n: number) =>
      `{"type":"metric","entity":"web-1","timestamp":${Date.UTC(2026, 0, 1) + n},"values":{"cpu":${n}}}`;
    const lines = Array.from({ length: 2500 }, (_, n) => (n === 1999 ? '{"type":"metric"' : good(n)));
    await writeFile(file, lines.join("\n"));
    const { code, stdout, stderr } = await run("put", file);
    expect(stdout).toContain("2,499 events accepted, 1 rejected");
    expect(stderr).toMatch(/^line 2000: .+/m);
    expect(code).toBe(1);
    await pipeline.drained();
    expect((await pipeline.status()).archive).toMatchObject({ received: 2499, archived: 2499, quarantined: 0 });
  });

  it("simulates machines and shows what became of their events", async () => {
    expect(await run("simulate", "--rows", "50", "--entities", "4")).toMatchObject({ code: 0 });
    await pipeline.drained();
    const { code, stdout } = await run("status");
    expect(stdout).toMatch(/archive: [\d,]+ received = [\d,]+ archived \+ 0 quarantined/);
    expect(stdout).toMatch(/^web .+ isolation-forest, none yet /m);
    expect(stdout).not.toContain("warning");
    expect(code).toBe(0);
    const status = JSON.parse((await run("status", "--json")).stdout);
    expect(status.archive.received).toBe(status.archive.archived + status.archive.quarantined);
  });

  it("is seen by the doctor, on its port and in its folder", async () => {
    const { code, stdout } = await tidewatch([
      "doctor",
      "--directory",
      join(folder, "data"),
      "--port",
      new URL(url).port,
    ]);
    expect(stdout).toContain("is served by a Tidewatch that runs");
    expect(stdout).toContain(`process ${process.pid} runs a pipeline on it`);
    expect(code).toBe(0);
  });

  it("says how many rows training still needs", async () => {
    const { code, stderr } = await run("detectors", "train", "web");
    expect(stderr).toMatch(/needs 600 .+ to train/);
    expect(code).toBe(1);
  });

  it("puts failed records back once, and says which objects an interrupted redrive left", async () => {
    const failed = (n: number) => ({ record: record(n, metric("web-9", n, { cpu: n })), reason: "why" });
    await keepFailed(pipeline.blobs, "score", [failed(1), failed(2)]);
    const first = await run("redrive");
    expect(first).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("2 records of 1 objects are on the stream"),
    });
    const again = JSON.parse((await run("redrive", "--json")).stdout);
    expect(again).toEqual({ objects: 0, records: 0, done: 1, unclear: [], unreadable: [] });
    const [mark] = await pipeline.blobs.list("failed/redriven/");
    await pipeline.blobs.put(mark!, new TextEncoder().encode('{"state":"begun","atMs":1,"records":0}'));
    const unclear = await run("redrive");
    expect(unclear).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/begun by another redrive.*\n {2}failed\/score\//),
    });
    expect((await run("redrive", "--again")).stdout).toContain("2 records of 1 objects");
  });
});

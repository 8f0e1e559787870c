import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trainerOf } from "@tidewatch/core/train/run";
import { createApi } from "@tidewatch/functions/api/create-api";
import type { LogEntry } from "@tidewatch/functions/api/ports";
import { noDatasets } from "@tidewatch/functions/lambda/no-datasets";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { fileBlobs } from "@tidewatch/local/blobs/file-blobs";
import { listen } from "@tidewatch/local/http/listen";
import { dataPaths } from "@tidewatch/local/runtime/paths";
import { openSqliteStream } from "@tidewatch/local/stream/sqlite-stream";
import { openSqliteTable } from "@tidewatch/local/table/sqlite-table";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examineHere, fastModels } from "../support/examine-here.ts";
import { tidewatch } from "../support/tidewatch.ts";

const TOKEN = /^tw_[0-9a-f]{12}_[0-9A-Za-z]{43}\n$/;
let folder: string;
let url: string;
const logs: LogEntry[] = [];
const closers: (() => unknown)[] = [];

/** A server that requires keys, over a data folder that the command line opens beside it. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidewatch-keys-"));
  const paths = dataPaths(folder);
  const stream = openSqliteStream(paths.stream, { now: Date.now });
  const table = openSqliteTable(paths.table, { now: Date.now });
  const registry = { table: table.table, blobs: fileBlobs(paths.objects), clock: Date.now };
  const stores = {
    ...registry,
    stream: stream.stream,
    train: trainerOf({ ...registry, ...fastModels }),
    consumers: () => [],
  };
  const rest = {
    version: "test",
    runtime: onnxRuntime(),
    examine: examineHere,
    datasets: noDatasets,
    orderBacktest: () => Promise.reject(new Error("nobody orders one here")),
    log: (entry: LogEntry) => logs.push(entry),
  };
  const server = await listen(createApi({ ...stores, ...rest, requireKeys: true }), 0, "127.0.0.1");
  url = server.url;
  closers.push(server.close, stream.close, table.close, () => rm(folder, { recursive: true, force: true }));
});
afterAll(async () => {
  for (const close of closers) await close();
});

const create = (...args: string[]) => tidewatch(["keys", "create", "--name", "me", ...args]);
const withKey = (token: string, ...args: string[]) =>
  tidewatch([...args, "--url", url], { env: { TIDEWATCH_API_KEY: token } });

describe("keys on the command line", () => {
  let admin: string;

  it("makes the first one in the data folder of a server that runs, and prints nothing but it on standard output", async () => {
    const { code, stdout, stderr } = await create("--scope", "admin", "--directory", folder);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(TOKEN);
    expect(stderr).toContain('("me"): admin; 6,000 requests a minute; does not expire.');
    expect(stderr).not.toContain(stdout.trim().slice(-43));
    admin = stdout.trim();
  });

  it("makes others through the server, with what was asked for", async () => {
    const more = ["--scope", "ingest", "read", "--expires-in", "90d", "--rate", "60", "--json", "--api-key", admin];
    const { code, stdout, stderr } = await create(...more, "--url", url);
    expect(code, stderr).toBe(0);
    const { key, token } = JSON.parse(stdout);
    expect(`${token}\n`).toMatch(TOKEN);
    expect(key).toMatchObject({ name: "me", scopes: ["ingest", "read"], ratePerMinute: 60 });
    expect(Math.round((key.expiresAtMs - key.createdAtMs) / 86_400_000)).toBe(90);
  });

  it("sends the key with every command that talks to the server", async () => {
    const token = (await create("--scope", "ingest", "operate", "--directory", folder)).stdout.trim();
    const detector = join(folder, "web.json");
    await writeFile(detector, JSON.stringify({ id: "web", features: [{ metric: "cpu" }] }));
    const events = join(folder, "events.ndjson");
    await writeFile(events, `{"type":"metric","entity":"a","timestamp":${Date.UTC(2026, 0, 1)},"values":{"cpu":1}}\n`);
    const everything = [
      ["detectors", "list"],
      ["detectors", "get", "web"],
      ["put", events],
      ["simulate", "--rows", "2", "--entities", "1"],
      ["collect", "--duration", "1", "--interval", "0.3"],
      ["status"],
    ];
    const run = async (command: string[]) => {
      const { code, stderr } = await withKey(token, ...command);
      expect(code, `${command.join(" ")}: ${stderr}`).toBe(0);
    };
    await run(["detectors", "apply", detector]);
    await Promise.all(everything.map(run));
    await run(["detectors", "delete", "web"]);
  });

  it("says what to do without a key, with a wrong one and with one that may not", async () => {
    const none = await tidewatch(["status", "--url", url]);
    expect(none.code).toBe(1);
    expect(none.stderr).toMatch(/asks for an API key.*\n.*TIDEWATCH_API_KEY/);
    const wrong = await withKey(`tw_000000000000_${"0".repeat(43)}`, "status");
    expect(wrong.stderr).toContain("The API key is unknown here");
    expect((await withKey("with space", "status")).stderr).toMatch(/^tidewatch: The API key is none/);
    const reader = (await create("--scope", "read", "--directory", folder)).stdout.trim();
    expect((await withKey(reader, "keys", "list")).stderr).toContain('needs a key with the scope "admin"');
  });

  it("lists and revokes, through the server and in the folder", async () => {
    const listed = await withKey(admin, "keys", "list");
    expect(listed.stdout).toMatch(/^[0-9a-f]{12} +me +ingest, read +60 +\d{4}-.* +never +active$/m);
    const direct = await tidewatch(["keys", "list", "--directory", folder]);
    expect(direct.stdout.split("\n")).toHaveLength(listed.stdout.split("\n").length);
    const keys = JSON.parse((await withKey(admin, "keys", "list", "--json")).stdout) as {
      id: string;
      scopes: string[];
    }[];
    const ids = keys.filter(({ scopes }) => !scopes.includes("admin")).map(({ id }) => id);
    expect(await withKey(admin, "keys", "revoke", ids[0]!)).toMatchObject({ code: 0, stdout: `${ids[0]}: revoked\n` });
    expect(await tidewatch(["keys", "revoke", ids[1]!, "--directory", folder])).toMatchObject({ code: 0 });
    const after = (await withKey(admin, "keys", "list")).stdout;
    for (const id of ids.slice(0, 2)) expect(after).toMatch(new RegExp(`^${id} .* revoked$`, "m"));
    expect((await tidewatch(["keys", "revoke", "000000000000", "--directory", folder])).stderr).toContain("no key");
  });

  it("refuses what would be no key, or a folder that is none, and exits with 2 when it is called wrongly", async () => {
    const inFolder = (...args: string[]) => create(...args, "--directory", folder);
    const refused = await Promise.all([
      create("--scope", "admin", "--directory", join(folder, "elsewhere")),
      inFolder("--scope", "read", "--rate", "9999999"),
    ]);
    expect(refused.map(({ stderr }) => stderr).join()).toMatch(/is no data folder yet.*ratePerMinute/s);
    const wrong = await Promise.all([
      inFolder(),
      inFolder("--scope", "root"),
      inFolder("--scope", "read", "--table", "t"),
      inFolder("--scope", "read", "--expires-in", "soon"),
    ]);
    expect(wrong.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
  });

  it("is told about by a start that requires keys, until there is one", async () => {
    const directory = join(folder, "second");
    const ports = ["--port", "0", "--kinesis-port", "0"];
    const start = ["start", "--once", "--no-recording", "--no-collect", "--require-keys", "--directory", directory];
    const first = await tidewatch([...start, ...ports]);
    expect(first.stdout).toContain(`there is none yet. Make the first one: tidewatch keys create`);
    expect((await create("--scope", "read", "--directory", directory)).code).toBe(0);
    expect((await tidewatch([...start, ...ports])).stdout).toContain("the page asks for one");
  });

  it("leaves no secret in the log or in the folder", async () => {
    const secret = admin.slice(-43);
    expect(JSON.stringify(logs)).not.toContain(secret);
    const { table } = dataPaths(folder);
    for (const file of [table, `${table}-wal`]) expect((await readFile(file)).includes(secret)).toBe(false);
  });
});

import { chmodSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { openSqliteTable, type SqliteTable } from "@tidewatch/local/table/sqlite-table";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { changeFeedContract } from "./change-feed.ts";
import { tableContract } from "./table.ts";

const openTemporary = (options: Parameters<typeof openSqliteTable>[1]) => {
  const folder = temporaryFolder();
  const opened = openSqliteTable(join(folder.path, "table.sqlite"), options);
  const close = async () => {
    opened.close();
    folder.remove();
  };
  return { ...opened, close };
};

tableContract("SQLite table", async (now) => openTemporary({ now }));
tableContract("SQLite table without feed", async (now) => openTemporary({ now, withoutFeed: [""] }));
changeFeedContract("SQLite table", async (now) => openTemporary({ now }));

describe("SQLite table", () => {
  const NOW_MS = Date.UTC(2026, 10, 20, 10);
  let folder: ReturnType<typeof temporaryFolder>;
  let path: string;
  let nowMs = NOW_MS;
  const now = () => nowMs;
  const any = { kind: "any" } as const;
  const put = async ({ table }: SqliteTable, pk: string, sk: string, more: object = {}) =>
    table.putMany([{ item: { pk, sk, version: 1, ...more }, condition: any }]);
  beforeEach(() => {
    folder = temporaryFolder();
    path = join(folder.path, "data", "table.sqlite");
    nowMs = NOW_MS;
  });
  afterEach(() => folder.remove());

  it("records no changes of series and counters, nor their expiry", async () => {
    const opened = openSqliteTable(path, { now });
    for (const pk of ["SERIES#cpu#a", "COUNTS#score", "SERIES-OF#cpu", "ANOMALY#cpu#2026-11-20"]) {
      await put(opened, pk, "x", { expiresAtMs: NOW_MS + 1 });
    }
    nowMs += 1;
    expect(await opened.sweepExpired()).toBe(4);
    const changes = await opened.feed.read(undefined, 100);
    const pks = changes.map(({ before, after }) => (before ?? after)!.pk);
    expect(pks.sort()).toEqual(["ANOMALY#cpu#2026-11-20", "ANOMALY#cpu#2026-11-20", "SERIES-OF#cpu", "SERIES-OF#cpu"]);
    opened.close();
  });

  it("sweeps more than one slice of expired items, keeps the live ones, and forgets changes after a week", async () => {
    const opened = openSqliteTable(path, { now });
    const items = Array.from({ length: 1201 }, (_, i) => ({
      pk: "p",
      sk: `${i}`,
      version: 1,
      expiresAtMs: NOW_MS + 5,
    }));
    await opened.table.putMany(items.map((item) => ({ item, condition: any })));
    await put(opened, "p", "live", { expiresAtMs: NOW_MS + 6 });
    nowMs += 5;
    expect(await opened.sweepExpired()).toBe(1201);
    expect((await opened.table.query({ pk: "p", limit: 10 })).map(({ sk }) => sk)).toEqual(["live"]);
    expect(await opened.feed.read(undefined, 10_000)).toHaveLength(1202 + 1201);
    nowMs += 7 * 24 * 3_600_000 - 1;
    await opened.sweepExpired();
    expect((await opened.feed.read(undefined, 10_000))[0]!.before!.sk).toBe("0");
    nowMs += 10;
    await opened.sweepExpired();
    const left = await opened.feed.read(undefined, 10_000);
    expect(left.map(({ before }) => before!.sk)).toEqual(["live"]);
    opened.close();
  });

  it("refuses what DynamoDB would, before anything of the call is written", async () => {
    const opened = openSqliteTable(path, { now });
    const good = { item: { pk: "p", sk: "good", version: 1 }, condition: any };
    const refused = async (item: object, code: string) =>
      expect(
        opened.table.putMany([good, { item: { pk: "p", sk: "s", version: 1, ...item }, condition: any }]),
      ).rejects.toMatchObject({ code });
    await refused({ pk: "" }, "VALIDATION");
    await refused({ sk: "" }, "VALIDATION");
    await refused({ pk: "é".repeat(1025) }, "VALIDATION");
    await refused({ sk: "x".repeat(1025) }, "VALIDATION");
    await refused({ sk: "\ud800" }, "VALIDATION");
    await refused({ version: 1.5 }, "VALIDATION");
    await refused({ bytes: new Uint8Array(400 * 1024) }, "TOO_LARGE");
    await refused({ doc: "é".repeat(205_000) }, "TOO_LARGE");
    await expect(opened.table.query({ pk: "p", limit: -1 })).rejects.toMatchObject({ code: "VALIDATION" });
    await expect(opened.feed.read("x", 1)).rejects.toMatchObject({ code: "VALIDATION" });
    expect(await opened.table.query({ pk: "p", limit: 10 })).toEqual([]);
    opened.close();
  });

  it("keeps checkpoints per consumer and shard, across connections and restarts", () => {
    const one = openSqliteTable(path, { now });
    const two = openSqliteTable(path, { now });
    expect(one.checkpoints.get("score", "shard-0")).toBeUndefined();
    one.checkpoints.set("score", "shard-0", "5");
    one.checkpoints.set("archive", "shard-0", "7");
    one.checkpoints.set("score", "shard-0", "6");
    expect(two.checkpoints.get("score", "shard-0")).toBe("6");
    expect(two.checkpoints.get("score", "shard-1")).toBeUndefined();
    one.close();
    two.close();
    const again = openSqliteTable(path, { now });
    expect(again.checkpoints.get("archive", "shard-0")).toBe("7");
    again.close();
  });

  it("its digest depends on the live items and on nothing else", async () => {
    const one = openSqliteTable(path, { now });
    const two = openSqliteTable(join(folder.path, "two.sqlite"), { now });
    expect(one.digest()).toBe(two.digest());
    await put(one, "a", "1", { doc: "x" });
    await put(one, "b", "1", { bytes: Uint8Array.of(1) });
    await put(two, "b", "1", { doc: "old" });
    await put(two, "b", "1", { bytes: Uint8Array.of(1) });
    await put(two, "a", "2", { expiresAtMs: NOW_MS - 1 });
    expect(one.digest()).not.toBe(two.digest());
    expect(one.digest("b")).toBe(two.digest("b"));
    await put(two, "a", "1", { doc: "x" });
    two.checkpoints.set("score", "shard-0", "1");
    expect(one.digest()).toBe(two.digest());
    await put(two, "a", "1", { bytes: Buffer.from("x") });
    expect(one.digest()).not.toBe(two.digest());
    await put(one, "a", "1", { doc: "" });
    await put(two, "a", "1", { bytes: new Uint8Array(0) });
    expect(one.digest()).not.toBe(two.digest());
    await put(two, "a", "1");
    expect(one.digest()).not.toBe(two.digest());
    one.close();
    two.close();
  });

  it("threads that count up the same items side by side lose no count", { timeout: 120_000 }, async () => {
    const threads = 4;
    const rounds = 150;
    const opened = openSqliteTable(path, { now });
    for (const sk of ["x", "y"]) await put(opened, "p", sk, { version: 0 });
    const program = new URL("../support/count-up.ts", import.meta.url);
    const run = () =>
      new Promise<void>((resolve, reject) => {
        const worker = new Worker(program, { workerData: { path, rounds } });
        worker.on("error", reject).on("exit", () => resolve());
      });
    const running = Array.from({ length: threads }, run);
    for (let i = 0; i < 50; i++) await put(opened, "beside", `${i}`);
    await Promise.all(running);
    const counters = await opened.table.query({ pk: "p", limit: 10 });
    expect(counters.map(({ version }) => version)).toEqual([threads * rounds, threads * rounds]);
    expect(await opened.table.query({ pk: "beside", limit: 100 })).toHaveLength(50);
    opened.close();
  });

  describe("on opening", () => {
    it("names the file and says what to do when it is no database", () => {
      const text = join(folder.path, "notes.txt");
      writeFileSync(text, "these are notes, not a database. ".repeat(200));
      expect(() => openSqliteTable(text, { now })).toThrowError(/notes\.txt is not a database: move it away/);
      expect(readFileSync(text, "utf8")).toMatch(/^these are notes/);
    });

    it("refuses a damaged file", async () => {
      const opened = openSqliteTable(path, { now });
      for (let i = 0; i < 200; i++) await put(opened, "p", `${i}`, { doc: "x".repeat(500) });
      opened.close();
      truncateSync(path, 8192);
      const failure = await tryAll(() => openSqliteTable(path, { now }));
      expect(failure).toMatchObject({ name: "AppError", code: "CORRUPT" });
      expect(String(failure)).toMatch(/damaged: restore the data folder from a copy/);
    });

    it("refuses a file of a newer version", () => {
      openSqliteTable(path, { now }).close();
      const db = new Database(path);
      db.pragma("user_version = 2");
      db.close();
      expect(() => openSqliteTable(path, { now })).toThrowError(/has format 2, this program reads 1: update Tidewatch/);
    });

    it("says so when a file stands where its folder should be", () => {
      writeFileSync(join(folder.path, "data"), "");
      expect(() => openSqliteTable(path, { now })).toThrowError(/a file stands where its folder should be/);
    });

    it.skipIf(process.getuid?.() === 0)("says so when the folder is not writable", () => {
      chmodSync(folder.path, 0o555);
      expect(() => openSqliteTable(path, { now })).toThrowError(/not writable/);
      chmodSync(folder.path, 0o755);
    });

    it.runIf(process.platform === "linux")("says so when nobody can make the folder", () => {
      expect(() => openSqliteTable("/proc/tidewatch/table.sqlite", { now })).toThrowError(/nor can its folder/);
    });

    it("says so when the path is a folder", () => {
      expect(() => openSqliteTable(folder.path, { now })).toThrowError(/cannot be opened/);
    });
  });
});

/** Damage may show on opening or on first use. */
const tryAll = async (open: () => SqliteTable): Promise<unknown> => {
  try {
    const opened = open();
    try {
      await opened.table.query({ pk: "p", limit: 1000 });
    } finally {
      opened.close();
    }
    return undefined;
  } catch (error) {
    return error;
  }
};

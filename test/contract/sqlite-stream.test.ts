import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "@tidewatch/core/store/ports";
import type { StreamReader } from "@tidewatch/local/stream/reader";
import { openSqliteStream } from "@tidewatch/local/stream/sqlite-stream";
import { openStreamReader } from "@tidewatch/local/stream/stream-reader";
import { openSqliteTable } from "@tidewatch/local/table/sqlite-table";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { eventStreamContract } from "./event-stream.ts";
import { streamReaderContract } from "./stream-reader.ts";

const NO_LIMIT = { records: 1_000_000, bytes: 1_000_000_000 };
const allOf = (reader: StreamReader) =>
  reader.shardIds().flatMap((shardId) => reader.read(shardId, undefined, NO_LIMIT));

const openTemporary = async (now: Clock) => {
  const folder = temporaryFolder();
  const path = join(folder.path, "stream.sqlite");
  const { stream, reader, close } = openSqliteStream(path, { now });
  return {
    stream,
    reader,
    records: async () => allOf(reader),
    refuseOdd: () => failingShard(path),
    async close() {
      await close();
      folder.remove();
    },
  };
};

/** Puts go in one commit: when one shard of it fails, no entry is stored, odd or even. */
const failingShard = (path: string) => {
  const run = (sql: string) => new Database(path).exec(sql).close();
  run("CREATE TRIGGER fail BEFORE INSERT ON segment WHEN NEW.shard = 2 BEGIN SELECT RAISE(ABORT, 'no'); END");
  return () => void run("DROP TRIGGER fail");
};

/** The reader over a connection of its own, as in a consumer's thread. */
const openApart = async (now: Clock) => {
  const folder = temporaryFolder();
  const path = join(folder.path, "stream.sqlite");
  const { stream, close } = openSqliteStream(path, { now });
  const own = openStreamReader(path);
  return {
    stream,
    reader: own.reader,
    async close() {
      own.close();
      await close();
      folder.remove();
    },
  };
};

eventStreamContract("SQLite stream", openTemporary);
streamReaderContract("SQLite stream", openTemporary);
streamReaderContract("SQLite stream read over a connection of its own", openApart);

describe("SQLite stream", () => {
  const SHARD_0 = "shardId-000000000000";
  const entry = (text: string) => ({ partitionKey: "a", data: Buffer.from(text) });
  let folder: ReturnType<typeof temporaryFolder>;
  let path: string;
  let nowMs = 1_000_000;
  const now = () => nowMs;
  beforeEach(() => {
    folder = temporaryFolder();
    path = join(folder.path, "stream.sqlite");
    nowMs = 1_000_000;
  });
  afterEach(() => folder.remove());

  it("goes on after a restart where it stopped", async () => {
    const first = openSqliteStream(path, { now });
    const [one] = await first.stream.putMany([entry("1")]);
    await first.close();
    const second = openSqliteStream(path, { now });
    const [two] = await second.stream.putMany([entry("2")]);
    expect(BigInt(two!.sequenceNumber) - BigInt(one!.sequenceNumber)).toBe(1n);
    const records = second.reader.read(SHARD_0, undefined, NO_LIMIT);
    expect(records.map(({ data }) => data.toString())).toEqual(["1", "2"]);
    await second.close();
  });

  it("keeps its number of shards, and refuses another with a sentence that names both", async () => {
    await openSqliteStream(path, { now, shards: 2 }).close();
    expect(() => openSqliteStream(path, { now, shards: 3 })).toThrowError(/has 2 shards, not 3/);
    const reopened = openSqliteStream(path, { now });
    expect(reopened.reader.shardIds()).toHaveLength(2);
    await reopened.close();
    expect(() => openSqliteStream(join(folder.path, "new.sqlite"), { now, shards: 0 })).toThrowError(
      /1 to 1000 shards/,
    );
  });

  it("tells listeners which shards grew, after they did, until told to stop", async () => {
    const { stream, reader, onAppend, close } = openSqliteStream(path, { now });
    const heard: string[][] = [];
    const stop = onAppend((shardIds) => {
      expect(reader.latestSequenceNumber(shardIds[0]!)).toBeDefined();
      heard.push([...shardIds]);
    });
    await stream.putMany([entry("1"), { partitionKey: "b", data: Buffer.from("2") }]);
    stop();
    await stream.putMany([entry("3")]);
    expect(heard).toEqual([[SHARD_0, "shardId-000000000002"]]);
    await close();
  });

  it("puts of one turn of the event loop share a commit, in the order they were called", async () => {
    const { stream, reader, onAppend, close } = openSqliteStream(path, { now });
    let commits = 0;
    onAppend(() => commits++);
    const putLater = async (i: number) => {
      for (let hop = 0; hop < i; hop++) await undefined;
      return stream.putMany([entry(`${i}`)]);
    };
    await Promise.all(Array.from({ length: 50 }, (_, i) => putLater(i)));
    expect(commits).toBe(1);
    const read = reader.read(SHARD_0, undefined, NO_LIMIT).map(({ data }) => data.toString());
    expect(read).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
    await close();
  });

  it("a bad put of a turn fails alone", async () => {
    const { stream, close } = openSqliteStream(path, { now });
    const puts = [stream.putMany([entry("1")]), stream.putMany([{ partitionKey: "", data: Buffer.alloc(1) }])];
    const outcomes = await Promise.allSettled([...puts, stream.putMany([entry("2")])]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    await close();
  });

  it("close waits for puts under way, and what they wrote is there", async () => {
    const first = openSqliteStream(path, { now });
    const put = first.stream.putMany([entry("1")]);
    await first.close();
    await expect(put).resolves.toHaveLength(1);
    const second = openSqliteStream(path, { now });
    expect(second.reader.read(SHARD_0, undefined, NO_LIMIT)).toHaveLength(1);
    await second.close();
  });

  it("cuts a large put into segments, and reads on from any record of any of them", async () => {
    const { stream, reader, close } = openSqliteStream(path, { now });
    const entries = Array.from({ length: 3000 }, (_, i) => entry(`${i}`.padStart(400, ".")));
    const receipts = await stream.putMany(entries);
    for (const i of [0, 1, 600, 654, 655, 656, 1309, 1310, 2998]) {
      const [next] = reader.read(SHARD_0, receipts[i]!.sequenceNumber, { records: 1, bytes: 1 });
      expect(Number(next!.data.toString().replaceAll(".", ""))).toBe(i + 1);
    }
    await close();
  });

  it("trims what arrived before a time, and neither reuses nor loses positions", async () => {
    const opened = openSqliteStream(path, { now });
    const { stream, reader, trim, close } = opened;
    for (let i = 0; i < 600; i++) {
      nowMs = 1_000_000 + i;
      await stream.putMany([entry(`${i}`), { partitionKey: "b", data: Buffer.from("other shard") }]);
    }
    expect(await trim(1_000_000 + 500)).toBe(1000);
    const texts = () => reader.read(SHARD_0, undefined, NO_LIMIT).map(({ data }) => data.toString());
    expect(texts()).toEqual(Array.from({ length: 100 }, (_, i) => `${500 + i}`));
    expect(await trim(nowMs + 1)).toBe(200);
    const latest = reader.latestSequenceNumber(SHARD_0)!;
    expect(reader.read(SHARD_0, undefined, NO_LIMIT)).toEqual([]);
    expect(reader.read(SHARD_0, latest, NO_LIMIT)).toEqual([]);
    const [receipt] = await stream.putMany([entry("next")]);
    expect(BigInt(receipt!.sequenceNumber) - BigInt(latest)).toBe(1n);
    expect(texts()).toEqual(["next"]);
    await close();
  });

  it("refuses sequence numbers of other shards and streams", async () => {
    const { stream, reader, close } = openSqliteStream(path, { now });
    const [receipt] = await stream.putMany([{ partitionKey: "b", data: Buffer.from("x") }]);
    for (const foreign of [receipt!.sequenceNumber, "0", "", `49${"1".repeat(54)}`]) {
      expect(() => reader.read(SHARD_0, foreign, NO_LIMIT)).toThrowError(/no sequence number of/);
    }
    await close();
  });

  it("refuses a segment of a newer version, and one that is cut off", async () => {
    const { stream, reader, close } = openSqliteStream(path, { now });
    await stream.putMany([entry("1")]);
    const db = new Database(path);
    const { body } = db.prepare<[], { body: Buffer }>("SELECT body FROM segment").get()!;
    const damage = (bytes: Buffer) => db.prepare("UPDATE segment SET body = ?").run(bytes);
    const newer = Buffer.from(body);
    newer.writeUInt16LE(2, 4);
    damage(newer);
    expect(() => reader.read(SHARD_0, undefined, NO_LIMIT)).toThrowError(/version 2, this program reads 1/);
    for (const bytes of [body.subarray(0, -1), Buffer.concat([body, Buffer.alloc(1)]), body.subarray(0, 9)]) {
      damage(bytes);
      expect(() => reader.read(SHARD_0, undefined, NO_LIMIT)).toThrowError(/cannot be read|cut off/);
    }
    db.close();
    await close();
  });

  it("refuses a table's file, a foreign database and a file that is no database, and changes none of them", () => {
    openSqliteTable(path, { now }).close();
    expect(() => openSqliteStream(path, { now })).toThrowError(/not a file of this kind/);
    const foreign = join(folder.path, "foreign.sqlite");
    new Database(foreign).exec("CREATE TABLE theirs (x)").close();
    expect(() => openSqliteStream(foreign, { now })).toThrowError(/not a file of this kind/);
    const text = join(folder.path, "notes.txt");
    writeFileSync(text, "not a database, but long enough to look at".repeat(50));
    expect(() => openSqliteStream(text, { now })).toThrowError(/not a database: move it away/);
    const check = new Database(foreign, { readonly: true });
    expect(check.pragma("journal_mode", { simple: true })).toBe("delete");
    check.close();
  });
});

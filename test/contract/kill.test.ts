import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { fileBlobs } from "@tidewatch/local/blobs/file-blobs";
import { openSqliteStream } from "@tidewatch/local/stream/sqlite-stream";
import { openSqliteTable } from "@tidewatch/local/table/sqlite-table";
import { expect, it } from "vitest";
import { objectOf } from "../support/object-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PROGRAM = fileURLToPath(new URL("../support/write-until-killed.ts", import.meta.url));
const ROUNDS = 4;

it("two processes that write side by side and are killed at any moment lose no acknowledged write", async () => {
  const folder = temporaryFolder();
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const lines = await Promise.all([writeAndKill(folder.path, `a${round}`), writeAndKill(folder.path, `b${round}`)]);
    acknowledged.push(...lines.flat());
  }

  const of = (what: string) =>
    acknowledged.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1));
  for (const what of ["stream", "table", "object"]) expect(of(what).length, what).toBeGreaterThan(ROUNDS);
  await checkStream(folder.path, of("stream"));
  await checkTable(folder.path, of("table"));
  await checkObjects(folder.path, of("object"));
  folder.remove();
});

/** Lines that the writer had printed when SIGKILL hit it, some time after its first. */
const writeAndKill = async (folder: string, name: string): Promise<string[]> => {
  const child = spawn(process.execPath, [PROGRAM, folder, name], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  await once(child.stdout, "data");
  await sleep(50 + Math.random() * 350);
  child.kill("SIGKILL");
  const [, signal] = await once(child, "close");
  expect(signal).toBe("SIGKILL");
  return output.split("\n").slice(0, -1);
};

const checkStream = async (folder: string, acknowledged: string[]): Promise<void> => {
  const { reader, close } = openSqliteStream(join(folder, "stream.sqlite"), { now: Date.now });
  const found = reader.shardIds().flatMap((shardId) => {
    const records = reader.read(shardId, undefined, { records: 1e9, bytes: 1e12 });
    const positions = records.map(({ sequenceNumber }) => Number(sequenceNumber.slice(-16)));
    expect(positions).toEqual(records.map((_, index) => index + 1));
    return records.map(({ data }) => data.toString());
  });
  expect(missing(acknowledged, found)).toEqual([]);
  expect(new Set(found).size).toBe(found.length);
  // A writer's puts were awaited one by one, so whatever is there of it is a run from 0.
  const next = new Map<string, number>();
  for (const [name, number] of found.map((id) => id.split("-") as [string, string])) {
    expect(Number(number)).toBe(next.get(name) ?? 0);
    next.set(name, Number(number) + 1);
  }
  await close();
};

const checkTable = async (folder: string, acknowledged: string[]): Promise<void> => {
  const { table, feed, close } = openSqliteTable(join(folder, "table.sqlite"), { now: Date.now });
  const keysOf = async (pk: string) => (await table.query({ pk, limit: 1e9 })).map(({ sk }) => sk);
  const documents = await keysOf("DOCUMENT");
  // Both items of a call, and the change of one of them, are there together or not at all.
  expect(await keysOf("SERIES#x")).toEqual(documents);
  const changed = (await feed.read(undefined, 1e9)).map(({ after }) => after!.sk);
  expect(changed.sort()).toEqual([...documents].sort());
  expect(missing(acknowledged, documents)).toEqual([]);
  close();
};

const checkObjects = async (folder: string, acknowledged: string[]): Promise<void> => {
  const blobs = fileBlobs(join(folder, "objects"));
  const keys = await blobs.list("");
  expect(missing(acknowledged, keys)).toEqual([]);
  for (const key of keys) expect(Buffer.from((await blobs.get(key))!).equals(objectOf(key)), key).toBe(true);
  expect(readdirSync(join(folder, "objects", ".tmp"))).toEqual([]);
};

const missing = (acknowledged: string[], found: string[]): string[] => {
  const there = new Set(found);
  return acknowledged.filter((id) => !there.has(id));
};

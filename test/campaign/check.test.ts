import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { dataPaths } from "@tidewatch/local/runtime/paths";
import { openSqliteStream } from "@tidewatch/local/stream/sqlite-stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkKept } from "./check.ts";
import { producedRecord } from "./events.ts";
import { missingReceipts } from "./verify.ts";

/* The checks of the campaign, on data folders that are wrong on purpose. */

let directory: string;
let receipts: { shardId: string; sequenceNumber: string }[];
const contents = ["one", "two", "two", "broken"];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "tidewatch-check-"));
  await mkdir(join(directory, "data"));
  const { stream, close } = openSqliteStream(dataPaths(join(directory, "data")).stream, { now: Date.now });
  receipts = await stream.putMany(contents.map((content) => ({ partitionKey: content, data: Buffer.from(content) })));
  await close();
});
afterEach(() => rm(directory, { recursive: true }));

const keep = async (archived: string[], quarantined: object[]) => {
  const { objects } = dataPaths(join(directory, "data"));
  await mkdir(join(objects, "events/dt=2026-11-20"), { recursive: true });
  await mkdir(join(objects, "quarantine"));
  await writeFile(
    join(objects, "events/dt=2026-11-20/a.ndjson.gz"),
    gzipSync(archived.map((line) => `${line}\n`).join("")),
  );
  await writeFile(
    join(objects, "quarantine/a.ndjson"),
    quarantined.map((line) => `${JSON.stringify(line)}\n`).join(""),
  );
};
const broken = (place = 3) => ({ reason: "not JSON", record: "broken", ...receipts[place] });

describe("checkKept", () => {
  it("finds nothing when each record is kept once", async () => {
    await keep(["two", "one", "two"], [broken()]);
    expect(await checkKept(directory)).toEqual({ archived: 3, quarantined: 1, differences: [], misplaced: [] });
  });

  it("finds a record that is missing, one that is kept twice and one that never was", async () => {
    await keep(["two", "one", "one", "other"], [broken()]);
    expect((await checkKept(directory)).differences.sort()).toEqual([
      "one: 1 on the stream, 2 kept",
      "other: 0 on the stream, 1 kept",
      "two: 2 on the stream, 1 kept",
    ]);
  });

  it("finds a quarantined record that stands under the place of another", async () => {
    await keep(["two", "one", "two"], [broken(0)]);
    expect((await checkKept(directory)).misplaced).toHaveLength(1);
  });
});

describe("missingReceipts", () => {
  it("finds receipts without their record on the stream", async () => {
    const path = join(directory, "receipts.txt");
    await writeFile(path, "shardId-0 1 5\nshardId-0 2 6\nshardId-0 3 7\n");
    const onStream = new Map([
      ["shardId-0 1", producedRecord(0, 5).data],
      ["shardId-0 2", producedRecord(0, 999).data],
    ]);
    const found = await missingReceipts([path], onStream);
    expect(found).toEqual({ receipts: 3, missing: ["0: shardId-0 2 6", "0: shardId-0 3 7"] });
  });
});

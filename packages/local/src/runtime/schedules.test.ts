import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import type { Checkpoints } from "../consumer/checkpoints.ts";
import { openSqliteStream, type SqliteStream } from "../stream/sqlite-stream.ts";
import { trimTime } from "./schedules.ts";

const HOUR_MS = 3_600_000;
let folder: ReturnType<typeof temporaryFolder>;
let opened: SqliteStream;
let nowMs = 100 * HOUR_MS;
beforeEach(() => {
  folder = temporaryFolder();
  opened = openSqliteStream(join(folder.path, "stream.sqlite"), { shards: 1, now: () => nowMs });
});
afterEach(async () => {
  await opened.close();
  folder.remove();
});

const checkpointsAt = (positions: Record<string, string | undefined>): Checkpoints => ({
  get: (consumer) => positions[consumer],
  set: () => {},
});

test("the stream keeps a day, and what a consumer has not read yet", async () => {
  const put = async (atMs: number) => {
    nowMs = atMs;
    const [receipt] = await opened.stream.putMany([{ partitionKey: "a", data: Uint8Array.of(1) }]);
    return receipt!.sequenceNumber;
  };
  const first = await put(10 * HOUR_MS);
  const second = await put(20 * HOUR_MS);
  const clock = () => 100 * HOUR_MS;
  const ports = { reader: opened.reader, clock, consumers: ["archive", "score"] };
  const timeWith = (positions: Record<string, string | undefined>) =>
    trimTime({ ...ports, checkpoints: checkpointsAt(positions) });

  expect(timeWith({ archive: second, score: second })).toBe(76 * HOUR_MS);
  expect(timeWith({ archive: second, score: first })).toBe(20 * HOUR_MS);
  expect(timeWith({ archive: undefined, score: first })).toBe(10 * HOUR_MS);
});

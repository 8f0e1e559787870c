import { AppError } from "@tidewatch/core/errors";
import type Database from "better-sqlite3";
import type { FileKind } from "../sqlite/open.ts";

/** Columns of `segment`: position of its first record in the shard, number of records, arrival in epoch milliseconds. */
export const STREAM_FILE: FileKind = {
  applicationId: 0x54_57_53_31,
  schemaVersion: 1,
  schema: `
    CREATE TABLE shard (shard INTEGER PRIMARY KEY, next INTEGER NOT NULL, arrival INTEGER NOT NULL);
    CREATE TABLE segment (
      id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL,
      arrival INTEGER NOT NULL, body BLOB NOT NULL
    );
    CREATE UNIQUE INDEX segment_position ON segment (shard, first, count, arrival);
    CREATE INDEX segment_arrival ON segment (shard, arrival, first, count);
  `,
};

export const countShards = (db: Database.Database, path: string): number => {
  const { shards } = db.prepare<[], { shards: number }>("SELECT count(*) AS shards FROM shard").get()!;
  if (shards === 0) throw new AppError("CORRUPT", `${path} has no shards: move it away to start afresh`);
  return shards;
};

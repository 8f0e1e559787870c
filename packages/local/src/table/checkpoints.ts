import type Database from "better-sqlite3";
import type { Checkpoints } from "../consumer/checkpoints.ts";
import { retryBusySync } from "../sqlite/retry.ts";

/** Checkpoints in the table's file, after everything that was written before them in the same log. */
export const sqliteCheckpoints = (db: Database.Database, path: string): Checkpoints => {
  const read = db.prepare<[string, string], { sequence: string }>(
    "SELECT sequence FROM checkpoint WHERE consumer = ? AND shard = ?",
  );
  const write = db.prepare<[string, string, string]>(`
    INSERT INTO checkpoint (consumer, shard, sequence) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET sequence = excluded.sequence`);
  return {
    get: (consumer, shardId) => retryBusySync(path, () => read.get(consumer, shardId)?.sequence),
    set(consumer, shardId, sequenceNumber) {
      retryBusySync(path, () => write.run(consumer, shardId, sequenceNumber));
    },
  };
};

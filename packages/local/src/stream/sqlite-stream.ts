import { AppError } from "@tidewatch/core/errors";
import type { Clock, EventStream, StreamEntry, StreamReceipt } from "@tidewatch/core/store/ports";
import type Database from "better-sqlite3";
import { openFile } from "../sqlite/open.ts";
import { retryBusySync } from "../sqlite/retry.ts";
import { type Append, appender } from "./append.ts";
import { groupCommit } from "./group-commit.ts";
import type { StreamReader } from "./reader.ts";
import { router } from "./route.ts";
import { FIRST_POSITION, sequenceNumberOf } from "./sequence.ts";
import { shardIdOf } from "./shards.ts";
import { countShards, STREAM_FILE } from "./stream-file.ts";
import { streamReader } from "./stream-reader.ts";

/** Enough for one machine's cores; a stream of Kinesis on demand starts with four as well. */
const DEFAULT_SHARDS = 4;
/** Sequence numbers hold four digits of shard. */
const MAX_SHARDS = 1000;
/** Segments deleted by one transaction, so that trimming never holds the lock for long. */
const TRIM_SLICE = 256;

export type SqliteStream = {
  stream: EventStream;
  reader: StreamReader;
  /** Told which shards have grown, after each commit of this connection. Returns the way to stop it. */
  onAppend(listener: (shardIds: readonly string[]) => void): () => void;
  /** Drops segments that arrived before the time; gives the number of records dropped. Positions go on as before. */
  trim(beforeMs: number): Promise<number>;
  /** Waits for puts that are under way, then closes. */
  close(): Promise<void>;
};

/**
 * The embedded stream: one SQLite file, `synchronous=FULL`, so that a put which has returned survives a power cut.
 * Records travel as packed segments (`segment.ts`); puts that arrive in one turn of the event loop share a commit.
 * Entries must not be changed until their put has returned.
 *
 * @param options.shards counts when the file is made, and must equal the file's afterwards
 * @throws AppError VALIDATION (another shard count), CORRUPT, UNAVAILABLE
 */
export const openSqliteStream = (path: string, options: { shards?: number; now: Clock }): SqliteStream => {
  const db = openFile(path, STREAM_FILE);
  try {
    db.pragma("synchronous = FULL");
    return streamOver(db, path, ensureShards(db, path, options.shards), options.now);
  } catch (error) {
    db.close();
    throw error;
  }
};

const streamOver = (db: Database.Database, path: string, shards: number, now: Clock): SqliteStream => {
  const route = router(shards);
  const append = appender(db, shards, now);
  const listeners = new Set<(shardIds: readonly string[]) => void>();
  const commits = groupCommit(path, (appends: Append[]) => {
    const grown = append(appends);
    const shardIds = grown.map(shardIdOf);
    for (const listener of listeners) listener(shardIds);
  });

  const putMany = async (entries: readonly StreamEntry[]): Promise<StreamReceipt[]> => {
    if (entries.length === 0) return [];
    const shardOf = entries.map(route);
    const put: Append = { entries, shardOf, positions: new Float64Array(entries.length) };
    await commits.add(put);
    return shardOf.map((shard, index) => ({
      shardId: shardIdOf(shard),
      sequenceNumber: sequenceNumberOf(shard, put.positions[index]!),
    }));
  };

  return {
    stream: { putMany },
    reader: streamReader(db, path),
    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    trim: (beforeMs) => trim(db, path, shards, beforeMs),
    async close() {
      await commits.idle();
      db.close();
    },
  };
};

const ensureShards = (db: Database.Database, path: string, wanted: number | undefined): number => {
  const shards = wanted ?? DEFAULT_SHARDS;
  if (!Number.isInteger(shards) || shards < 1 || shards > MAX_SHARDS) {
    throw new AppError("VALIDATION", `a stream has 1 to ${MAX_SHARDS} shards, not ${shards}`);
  }
  const insert = db.prepare<[number, number]>("INSERT INTO shard (shard, next, arrival) VALUES (?, ?, 0)");
  const fill = db.transaction(() => {
    const { empty } = db.prepare<[], { empty: number }>("SELECT NOT EXISTS (SELECT 1 FROM shard) AS empty").get()!;
    if (empty === 1) for (let shard = 0; shard < shards; shard++) insert.run(shard, FIRST_POSITION);
  });
  retryBusySync(path, () => fill.immediate());
  const existing = countShards(db, path);
  if (wanted !== undefined && wanted !== existing) {
    throw new AppError(
      "VALIDATION",
      `${path} has ${existing} shards, not ${wanted}: start with ${existing} shards, or with another data folder`,
    );
  }
  return existing;
};

const trim = async (db: Database.Database, path: string, shards: number, beforeMs: number): Promise<number> => {
  const drop = db.prepare<[number, number, number], { count: number }>(`
    DELETE FROM segment WHERE id IN (
      SELECT id FROM segment INDEXED BY segment_arrival WHERE shard = ? AND arrival < ? ORDER BY arrival, first LIMIT ?
    ) RETURNING count`);
  let records = 0;
  for (let shard = 0; shard < shards; ) {
    const dropped = retryBusySync(path, () => drop.all(shard, Math.ceil(beforeMs), TRIM_SLICE));
    for (const { count } of dropped) records += count;
    if (dropped.length < TRIM_SLICE) shard++;
    await new Promise(setImmediate);
  }
  return records;
};

import { AppError } from "@tidewatch/core/errors";
import type { ChangeFeed, Clock, Put, PutOutcome, Table } from "@tidewatch/core/store/ports";
import { checkItem } from "@tidewatch/functions/aws/item-limits";
import type Database from "better-sqlite3";
import type { Checkpoints } from "../consumer/checkpoints.ts";
import { asAppError } from "../sqlite/failure.ts";
import { openFile } from "../sqlite/open.ts";
import { retryBusy } from "../sqlite/retry.ts";
import { changeFeed } from "./change-feed.ts";
import { sqliteCheckpoints } from "./checkpoints.ts";
import { digestItems } from "./digest.ts";
import { rangeQuery } from "./range-query.ts";
import { sweeper } from "./sweep.ts";
import { type ItemRow, itemOf, TABLE_FILE } from "./table-file.ts";
import { quietWriter, recordingWriter } from "./write-items.ts";

/** Heads, chunks, sessions, counters and the use of API keys: written all the time, and nobody subscribes to them. */
const SESSIONS = ["SESSION#", "DUE-SESSIONS#", "ENDED-SESSIONS#", "SHARD-TEMPLATES#"];
const WITHOUT_FEED = ["SERIES#", ...SESSIONS, "COUNTS#", "API-KEY-USE", "API-KEY-RATE#"];

export type SqliteTable = {
  table: Table;
  feed: ChangeFeed;
  checkpoints: Checkpoints;
  /** Deletes expired items (telling the feed) and changes older than the feed keeps; gives the number of items. */
  sweepExpired(): Promise<number>;
  /** sha256 over the live items (pk, sk, version, doc, bytes) in key order, in hexadecimal. */
  digest(pkPrefix?: string, except?: readonly string[]): string;
  close(): void;
};

/**
 * The embedded table: one SQLite file, which any number of threads and processes may open side by side. It also holds
 * the consumers' checkpoints.
 *
 * The change feed records every change except those of items whose pk begins with one of `withoutFeed`: by default
 * series, sessions and counters, which are high in volume and have no subscriber.
 *
 * Durability: every acknowledged put survives a kill of the process. Against a power cut, puts are synced at once
 * unless the whole call is of items without feed. Those, and checkpoints, are derived from the stream and need no sync:
 * the log recovers to a prefix of its commits, so a checkpoint never survives without the items written before it, and
 * the stream, which is synced, is read again from there. The archive's objects are synced before their checkpoint is
 * set, and reading again writes the same objects anew.
 *
 * `putMany` is one transaction: cheaper than one for each put, and it still applies each put on its own condition.
 * Calls do their work before they return and let no timer or input run between them: a loop of calls must yield itself.
 *
 * @throws AppError CORRUPT (not such a file, damaged, of a newer version), UNAVAILABLE (folder not writable, disk full)
 */
export const openSqliteTable = (
  path: string,
  options: { now: Clock; withoutFeed?: readonly string[] },
): SqliteTable => {
  const db = openFile(path, TABLE_FILE);
  const { now, withoutFeed = WITHOUT_FEED } = options;
  const isQuiet = (put: Put): boolean => withoutFeed.some((prefix) => put.item.pk.startsWith(prefix));
  const sweep = sweeper(db, path, { now, withoutFeed });
  return {
    table: tableOver(db, path, now, isQuiet),
    feed: changeFeed(db, path),
    checkpoints: sqliteCheckpoints(db, path),
    sweepExpired: sweep,
    digest: (pkPrefix = "", except = []) => digestItems(db, pkPrefix, now(), except),
    close: () => db.close(),
  };
};

const tableOver = (db: Database.Database, path: string, now: Clock, isQuiet: (put: Put) => boolean): Table => {
  const read = db.prepare<[string, string, number], ItemRow>(
    "SELECT * FROM item WHERE pk = ? AND sk = ? AND (expires IS NULL OR expires > ?)",
  );
  // One transaction takes the read lock once instead of for each key, and sees one state of the file.
  const readAll = db.transaction((keys: Parameters<Table["getMany"]>[0], nowMs: number) =>
    keys.map(({ pk, sk }) => {
      const row = read.get(pk, sk, nowMs);
      return row && itemOf(pk, sk, row);
    }),
  );
  const writeQuietly = quietWriter(db);
  const writeRecording = recordingWriter(db);
  const writeAll = db.transaction((puts: readonly Put[], quiet: boolean[], nowMs: number): PutOutcome[] =>
    puts.map((put, index) => (quiet[index] ? writeQuietly(put, nowMs) : writeRecording(put, nowMs))),
  );
  const query = rangeQuery(db);

  return {
    async getMany(keys) {
      return explained(path, () => readAll.deferred(keys, now()));
    },
    async putMany(puts) {
      if (puts.length === 0) return [];
      for (const { item } of puts) checkItem(item);
      const quiet = puts.map(isQuiet);
      const write = (): PutOutcome[] => writeAll.immediate(puts, quiet, now());
      return retryBusy(path, quiet.includes(false) ? () => synced(db, write) : write);
    },
    async query(range) {
      if (!Number.isInteger(range.limit) || range.limit < 0) {
        throw new AppError("VALIDATION", `limit is a whole number from 0, not ${range.limit}`);
      }
      return explained(path, () => query(range, now()));
    },
  };
};

/** The setting is the connection's, so it goes back at once: checkpoints and heads need no sync of their own. */
const synced = <T>(db: Database.Database, write: () => T): T => {
  db.pragma("synchronous = FULL");
  try {
    return write();
  } finally {
    db.pragma("synchronous = NORMAL");
  }
};

const explained = <T>(path: string, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw asAppError(error, path);
  }
};

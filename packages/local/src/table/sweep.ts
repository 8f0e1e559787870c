import type { Clock } from "@tidewatch/core/store/ports";
import type Database from "better-sqlite3";
import { retryBusy } from "../sqlite/retry.ts";
import type { ItemRow } from "./table-file.ts";
import { NO_IMAGE } from "./table-file.ts";
import { changeRecorder } from "./write-items.ts";

/** How long the feed keeps a change; DynamoDB keeps a day, but a laptop may be shut for a weekend. */
const FEED_RETENTION_MS = 7 * 24 * 60 * 60 * 1000;
/** Rows of one transaction, so that sweeping never holds the lock for long. */
const SLICE = 500;

/** Makes the sweep: expired items go, each as a change without `after`; then changes that are too old. */
export const sweeper = (
  db: Database.Database,
  path: string,
  options: { now: Clock; withoutFeed: readonly string[] },
): (() => Promise<number>) => {
  const expired = db.prepare<[number, number], ItemRow>(
    "DELETE FROM item WHERE (pk, sk) IN (SELECT pk, sk FROM item WHERE expires <= ? LIMIT ?) RETURNING *",
  );
  const record = changeRecorder(db);
  const sweepSlice = db.transaction((nowMs: number): number => {
    const rows = expired.all(nowMs, SLICE);
    for (const row of rows) {
      const isQuiet = options.withoutFeed.some((prefix) => row.pk.startsWith(prefix));
      if (!isQuiet) record(row.pk, row.sk, row, NO_IMAGE, nowMs);
    }
    return rows.length;
  });
  const forget = db.prepare<[number, number]>(
    // Looks at the oldest only: the feed has no index by time, and its positions are nearly in time order.
    "DELETE FROM change WHERE at < ? AND position IN (SELECT position FROM change ORDER BY position LIMIT ?)",
  );

  return async () => {
    const nowMs = options.now();
    const items = await repeat(() => retryBusy(path, () => sweepSlice.immediate(nowMs)));
    await repeat(() => retryBusy(path, () => forget.run(nowMs - FEED_RETENTION_MS, SLICE).changes));
    return items;
  };
};

const repeat = async (slice: () => Promise<number>): Promise<number> => {
  let total = 0;
  for (;;) {
    const done = await slice();
    total += done;
    if (done < SLICE) return total;
    await new Promise(setImmediate);
  }
};

import type { BusEvent } from "@tidewatch/core/store/ports";
import type Database from "better-sqlite3";
import { retryBusySync } from "../sqlite/retry.ts";
import { busEventOf, type EventRow } from "./bus-file.ts";

/** The wait before each further try; as many tries as there are waits, and one. */
export type RetryWaitsMs = readonly number[];

export type Subscription = {
  name: string;
  handler: (event: BusEvent) => Promise<void> | void;
  retryWaitsMs: RetryWaitsMs;
  /** Ends early, by resolving, when the bus closes. */
  sleep: (ms: number) => Promise<void>;
  isClosing: () => boolean;
};

/**
 * Delivers a subscriber's events one after the other until none is left. An event that the handler refuses to the end
 * goes to `dead` with the reason, and the next ones go on. The position moves after the handler is done, so that a crash
 * in between delivers the event again.
 */
export const deliverer = (db: Database.Database, path: string, subscription: Subscription): (() => Promise<void>) => {
  const { name, handler, retryWaitsMs, sleep, isClosing } = subscription;
  const next = db.prepare<[string], EventRow>(`
    SELECT position, id, type, time, detail FROM event
    WHERE position > (SELECT position FROM subscriber WHERE name = ?) ORDER BY position LIMIT 1`);
  const advance = db.prepare<[number, string]>("UPDATE subscriber SET position = ? WHERE name = ?");
  const bury = db.prepare<[string, number, string, string, number, string, string]>(
    "INSERT OR REPLACE INTO dead (subscriber, position, id, type, time, detail, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const finish = db.transaction(({ position, id, type, time, detail }: EventRow, failure: string | undefined) => {
    if (failure !== undefined) bury.run(name, position, id, type, time, detail, failure);
    advance.run(position, name);
  });

  return async () => {
    while (!isClosing()) {
      const row = retryBusySync(path, () => next.get(name));
      if (row === undefined) return;
      const outcome = await attempt(row);
      if (outcome === "closing") return;
      retryBusySync(path, () => finish.immediate(row, outcome.failure));
    }
  };

  async function attempt(row: EventRow): Promise<{ failure: string | undefined } | "closing"> {
    for (let tries = 0; ; tries++) {
      try {
        await handler(busEventOf(row));
        return { failure: undefined };
      } catch (error) {
        const wait = retryWaitsMs[tries];
        if (wait === undefined) return { failure: error instanceof Error ? error.message : String(error) };
        await sleep(wait);
        if (isClosing()) return "closing";
      }
    }
  }
};

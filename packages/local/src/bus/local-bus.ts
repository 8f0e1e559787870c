import { AppError } from "@tidewatch/core/errors";
import type { Bus, BusEvent, Clock } from "@tidewatch/core/store/ports";
import type Database from "better-sqlite3";
import { openFile } from "../sqlite/open.ts";
import { retryBusy, retryBusySync } from "../sqlite/retry.ts";
import { BUS_FILE, busEventOf, type EventRow } from "./bus-file.ts";
import { deliverer, type RetryWaitsMs } from "./delivery.ts";

/** Five tries within half a minute: enough for a file that is briefly locked or a server that restarts. */
const RETRY_WAITS_MS: RetryWaitsMs = [500, 2000, 8000, 20_000];
/** Events that another thread or process published are looked for this often. */
const POLL_MS = 1000;
/** How long the bus remembers an id in order to drop a repeat. */
const RETENTION_MS = 7 * 24 * 60 * 60 * 1000;

export type LocalBus = {
  bus: Bus;
  /**
   * Delivers events published since the name was first subscribed, one after the other, also those of before a restart.
   * One handler per name at a time.
   */
  subscribe(name: string, handler: (event: BusEvent) => Promise<void> | void): void;
  /** Events that a subscriber's handler refused to the end, oldest first. */
  deadLetters(name: string): { event: BusEvent; reason: string }[];
  /** Resolves when every subscriber is done with every event so far. */
  idle(): Promise<void>;
  /** Waits for handlers that are at work, then closes; what is undelivered is delivered after the next start. */
  close(): Promise<void>;
};

/**
 * Publish and subscribe within one machine, kept in a SQLite file with `synchronous=FULL`: what is published is
 * delivered at least once to each subscriber, also after a kill. An id that was published in the last seven days is
 * dropped, so an event reaches a subscriber again only when the process ended between its handler and the note of it.
 *
 * @throws AppError CORRUPT, UNAVAILABLE
 */
export const openLocalBus = (
  path: string,
  options: { now: Clock; retryWaitsMs?: RetryWaitsMs; pollMs?: number },
): LocalBus => {
  const db = openFile(path, BUS_FILE);
  db.pragma("synchronous = FULL");
  const { now, retryWaitsMs = RETRY_WAITS_MS, pollMs = POLL_MS } = options;
  const closing = new AbortController();
  const subscribers = new Map<string, { wake: () => void; work: Promise<void> }>();
  const publish = publisher(db, now);
  const dead = db.prepare<[string], EventRow & { reason: string }>(
    "SELECT * FROM dead WHERE subscriber = ? ORDER BY position",
  );
  const enrol = db.prepare<[string]>(
    "INSERT OR IGNORE INTO subscriber (name, position) SELECT ?, ifnull(max(position), 0) FROM event",
  );
  const wakeAll = () => {
    for (const { wake } of subscribers.values()) wake();
  };
  const poll = setInterval(wakeAll, pollMs);
  poll.unref();

  const subscribe: LocalBus["subscribe"] = (name, handler) => {
    if (subscribers.has(name)) throw new AppError("CONFLICT", `the bus has a subscriber ${name} already`);
    retryBusySync(path, () => enrol.run(name));
    const sleep = (ms: number) => sleepUntil(ms, closing.signal);
    const isClosing = () => closing.signal.aborted;
    const deliver = deliverer(db, path, { name, handler, retryWaitsMs, sleep, isClosing });
    const subscriber = { wake, work: Promise.resolve() };
    let wanted = false;
    let working = false;
    function wake(): void {
      wanted = true;
      if (!working) subscriber.work = run();
    }
    async function run(): Promise<void> {
      working = true;
      // Handlers run outside the publisher's call, and a failure of the file is tried again at the next poll.
      await new Promise(setImmediate);
      while (wanted && !isClosing()) {
        wanted = false;
        await deliver().catch(() => {});
      }
      working = false;
    }
    subscribers.set(name, subscriber);
    wake();
  };
  const idle = async (): Promise<void> => {
    // A handler may publish to other subscribers, which go to work again.
    for (let before: Promise<void>[] = []; ; ) {
      const work = [...subscribers.values()].map((subscriber) => subscriber.work);
      if (work.every((one, index) => one === before[index])) return;
      await Promise.all(work);
      before = work;
    }
  };

  return {
    bus: {
      async publish(events) {
        if (events.length === 0) return;
        await retryBusy(path, () => publish.immediate(events));
        wakeAll();
      },
    },
    subscribe,
    deadLetters: (name) => dead.all(name).map((row) => ({ event: busEventOf(row), reason: row.reason })),
    idle,
    async close() {
      clearInterval(poll);
      closing.abort();
      await idle();
      db.close();
    },
  };
};

const publisher = (db: Database.Database, now: Clock) => {
  const insert = db.prepare<[string, string, number, string, number]>(
    "INSERT OR IGNORE INTO event (id, type, time, detail, published) VALUES (?, ?, ?, ?, ?)",
  );
  const forget = db.prepare<[number]>(`
    DELETE FROM event WHERE published < ? AND position IN (SELECT position FROM event ORDER BY position LIMIT 100)
      AND position <= (SELECT ifnull(min(position), 0) FROM subscriber)`);
  return db.transaction((events: readonly BusEvent[]) => {
    const nowMs = now();
    for (const { id, type, timeMs, detail } of events) insert.run(id, type, timeMs, JSON.stringify(detail), nowMs);
    forget.run(nowMs - RETENTION_MS);
  });
};

const sleepUntil = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
  });

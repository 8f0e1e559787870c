import { AppError } from "@tidewatch/core/errors";
import type { Clock } from "@tidewatch/core/store/ports";
import { type FileKind, openFile } from "../sqlite/open.ts";
import { retryBusySync } from "../sqlite/retry.ts";

/** `done` is the due time of the last run that ended, or the time at which the schedule was first seen. */
const SCHEDULE_FILE: FileKind = {
  applicationId: 0x54_57_43_31,
  schemaVersion: 1,
  schema: "CREATE TABLE schedule (name TEXT PRIMARY KEY, done REAL NOT NULL) WITHOUT ROWID;",
};

/** A timer is set anew at least this often: long ones drift, stand still while a laptop sleeps, and end at 2^31 ms. */
const LONGEST_TIMER_MS = 60_000;

/** Starts a timer and gives the way to stop it. */
export type SetTimer = (callback: () => void, delayMs: number) => () => void;

export type Schedules = {
  /**
   * Runs the job every `periodMs` (see `rate.ts`), the first time one period after the schedule was first seen. Runs
   * that were missed, because nothing ran, the machine slept or the job took too long, are made up for by one at once.
   */
  add(name: string, periodMs: number, job: (dueMs: number) => Promise<void>): void;
  /** Stops the timers and waits for jobs that are at work. */
  close(): Promise<void>;
};

/**
 * Schedules that survive a restart, kept in a SQLite file. A job never overlaps itself. A job that is killed half-way
 * runs again at the next start; one that throws is reported to `onError` and runs again one period later.
 *
 * @throws AppError CORRUPT, UNAVAILABLE
 */
export const openSchedules = (
  path: string,
  options: { now: Clock; onError: (name: string, error: unknown) => void; setTimer?: SetTimer },
): Schedules => {
  const { now, onError, setTimer = systemTimer } = options;
  const db = openFile(path, SCHEDULE_FILE);
  const read = db.prepare<[string], { done: number }>("SELECT done FROM schedule WHERE name = ?");
  const write = db.prepare<[string, number]>(
    "INSERT INTO schedule (name, done) VALUES (?, ?) ON CONFLICT DO UPDATE SET done = excluded.done",
  );
  const names = new Set<string>();
  const stops = new Map<string, () => void>();
  const running = new Set<Promise<void>>();
  let closed = false;

  const add: Schedules["add"] = (name, periodMs, job) => {
    if (names.has(name)) throw new AppError("CONFLICT", `there is a schedule ${name} already`);
    names.add(name);
    const note = (doneMs: number) => retryBusySync(path, () => write.run(name, doneMs));
    let doneMs = retryBusySync(path, () => read.get(name)?.done);
    if (doneMs === undefined) {
      doneMs = now();
      note(doneMs);
    }
    let dueMs = doneMs + periodMs;

    const wait = (): void => {
      if (closed) return;
      // A clock that was set back must not silence the schedule until it has caught up.
      dueMs = Math.min(dueMs, now() + periodMs);
      const delayMs = Math.min(Math.max(dueMs - now(), 0), LONGEST_TIMER_MS);
      stops.set(
        name,
        setTimer(() => (now() >= dueMs ? start() : wait()), delayMs),
      );
    };
    const start = (): void => {
      const run = runOnce().finally(() => running.delete(run));
      running.add(run);
    };
    const runOnce = async (): Promise<void> => {
      const startedMs = now();
      try {
        await job(dueMs);
      } catch (error) {
        onError(name, error);
      }
      // On time, the next is one period after this one was due; after missed ones, one period after it began.
      const dueNextMs = dueMs + periodMs > startedMs ? dueMs + periodMs : startedMs + periodMs;
      dueMs = dueNextMs;
      try {
        note(dueNextMs - periodMs);
      } catch (error) {
        onError(name, error);
      }
      wait();
    };
    wait();
  };

  return {
    add,
    async close() {
      closed = true;
      for (const stop of stops.values()) stop();
      await Promise.all(running);
      db.close();
    },
  };
};

const systemTimer: SetTimer = (callback, delayMs) => {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
};

import { setTimeout as sleep } from "node:timers/promises";
import { asAppError, isBusy } from "./failure.ts";

/** How long a write keeps asking for the lock. Batches hold it for milliseconds, a log checkpoint for a second at most. */
const GIVE_UP_AFTER_MS = 30_000;
/** Between two tries the thread is free for other work. */
const PAUSE_MS = 2;

/**
 * Runs a write until it gets the file's lock. SQLite's own waiting (the busy timeout) blocks the thread, so it is kept
 * short, and the rest of the waiting is done here.
 *
 * @throws AppError, whatever the write threw
 */
export const retryBusy = async <T>(path: string, write: () => T): Promise<T> => {
  const startedMs = performance.now();
  for (;;) {
    try {
      return write();
    } catch (error) {
      if (!isBusy(error) || performance.now() - startedMs > GIVE_UP_AFTER_MS) throw asAppError(error, path);
      await sleep(PAUSE_MS);
    }
  }
};

/** The same for callers that cannot wait asynchronously: the thread blocks. */
export const retryBusySync = <T>(path: string, write: () => T): T => {
  const startedMs = performance.now();
  for (;;) {
    try {
      return write();
    } catch (error) {
      if (!isBusy(error) || performance.now() - startedMs > GIVE_UP_AFTER_MS) throw asAppError(error, path);
    }
  }
};

import { retryBusy } from "../sqlite/retry.ts";

/**
 * Collects what is added during one turn of the event loop and writes it at once, since a durable commit costs the same
 * for one as for many. Groups are written in order, one at a time. When a write fails, every one of its group fails.
 */
export const groupCommit = <T>(path: string, write: (group: T[]) => void) => {
  let waiting: T[] = [];
  let current: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();

  const run = async (before: Promise<void>): Promise<void> => {
    await new Promise(setImmediate);
    // The group before may still be waiting for the file's lock; whether it got it does not matter here.
    await before.catch(() => {});
    const group = waiting;
    waiting = [];
    current = undefined;
    await retryBusy(path, () => write(group));
  };

  return {
    /** Resolves when the item is durable. @throws AppError when it is not */
    add(item: T): Promise<void> {
      waiting.push(item);
      if (current === undefined) {
        current = run(last);
        last = current;
      }
      return current;
    },
    async idle(): Promise<void> {
      do await last.catch(() => {});
      while (waiting.length > 0);
    },
  };
};

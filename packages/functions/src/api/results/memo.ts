import type { Clock } from "@tidewatch/core/store/ports";

/** Remembers what `load` gave for a key for a while; calls at the same time share one load, failures are not kept. */
export const timedMemo = <T>(clock: Clock, maxAgeMs: number, load: (key: string) => Promise<T>) => {
  const known = new Map<string, { loadedAtMs: number; value: Promise<T> }>();
  return (key: string): Promise<T> => {
    const nowMs = clock();
    const found = known.get(key);
    if (found && nowMs - found.loadedAtMs < maxAgeMs) return found.value;
    for (const [old, { loadedAtMs }] of known) if (nowMs - loadedAtMs >= maxAgeMs) known.delete(old);
    const entry = { loadedAtMs: nowMs, value: load(key) };
    known.set(key, entry);
    entry.value.catch(() => {
      if (known.get(key) === entry) known.delete(key);
    });
    return entry.value;
  };
};

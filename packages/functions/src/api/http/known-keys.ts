import { findKey, noteUse, type StoredKey } from "@tidewatch/core/access/store";
import type { Clock, Table } from "@tidewatch/core/store/ports";

/** How long a key may be believed unread: so a revocation acts within half a minute on every server. */
const KNOWN_MS = 30_000;
/** For ids that no key has: enough to take the edge off a client that goes on trying. */
const ABSENT_MS = 5000;
/** Whoever invents ids cannot fill the memory: beyond this the oldest of them is forgotten. */
const MAX_ABSENT = 1000;
/** `lastUsedAtMs` is written when it is older than this: a write a minute for each key in use, however many servers. */
const USE_NOTED_EVERY_MS = 60_000;

type Known = { stored: StoredKey; readAtMs: number };
type Ports = { table: Table; clock: Clock; onFailure: (error: unknown) => void };

/** What a server remembers of keys between requests. */
export const knownKeys = ({ table, clock, onFailure }: Ports) => {
  const known = new Map<string, Known>();
  const absent = new Map<string, number>();
  const reading = new Map<string, Promise<StoredKey | undefined>>();

  const read = async (id: string): Promise<StoredKey | undefined> => {
    const readAtMs = clock();
    const stored = await findKey(table, id);
    known.delete(id);
    absent.delete(id);
    if (stored) known.set(id, { stored, readAtMs });
    else remember(absent, id, readAtMs);
    return stored;
  };

  return {
    /** The key as it was at most half a minute ago; requests at the same time share one reading. */
    find(id: string): Promise<StoredKey | undefined> {
      const nowMs = clock();
      const found = known.get(id);
      if (found && nowMs - found.readAtMs < KNOWN_MS) return Promise.resolve(found.stored);
      const absentSince = absent.get(id);
      if (absentSince !== undefined && nowMs - absentSince < ABSENT_MS) return Promise.resolve(undefined);
      const started = reading.get(id) ?? read(id).finally(() => reading.delete(id));
      reading.set(id, started);
      return started;
    },
    /** For a key that this server changed itself. */
    forget: (id: string): void => {
      known.delete(id);
    },
    /**
     * Writes the time of use now and then. Wait for it before the answer: Lambda stops the process after that, and a write
     * under way would be lost. It never fails: `onFailure` is told.
     */
    async use(stored: StoredKey): Promise<void> {
      const nowMs = clock();
      const { lastUsedAtMs } = stored;
      if (lastUsedAtMs !== undefined && nowMs - lastUsedAtMs < USE_NOTED_EVERY_MS) return;
      stored.lastUsedAtMs = nowMs;
      await noteUse(table, stored.key.id, lastUsedAtMs, nowMs).catch(onFailure);
    },
    /** Entries in memory, for tests of its bound. */
    size: () => ({ known: known.size, absent: absent.size, reading: reading.size }),
  };
};
export type KnownKeys = ReturnType<typeof knownKeys>;

const remember = (absent: Map<string, number>, id: string, nowMs: number): void => {
  absent.set(id, nowMs);
  if (absent.size <= MAX_ABSENT) return;
  const oldest = absent.keys().next();
  if (!oldest.done) absent.delete(oldest.value);
};

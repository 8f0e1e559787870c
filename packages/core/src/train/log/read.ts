import { definitionHash } from "../../log/definition.ts";
import type { LogDetector } from "../../log/detector.ts";
import type { Session } from "../../log/session/session.ts";
import { decodeEnded } from "../../log/store/ended-sessions.ts";
import { endedSessionsPk, timeKey } from "../../store/keys.ts";
import type { Item, Table } from "../../store/ports.ts";

/** Sessions that ended are kept for five weeks; the day after, for what arrives while the day changes. */
const DAYS_BACK = 36;
const DAY_MS = 24 * 3_600_000;
/** Items of packed sessions per range query: each has some 80 KB. */
const PAGE = 10;

/** `unreadable` items of sessions were left out. */
export type EndedSessions = { sessions: Session[]; unreadable: number };

/**
 * Sessions of the detector as it is now that ended, the newest first, by the day of their arrival: what ended under
 * another definition is left out. A session may have ended twice (a replay, or more lines that came late): then the one
 * with the most lines counts.
 */
export const endedSessions = async (
  table: Table,
  detector: LogDetector,
  { nowMs, limit, afterMs = Number.NEGATIVE_INFINITY }: { nowMs: number; limit: number; afterMs?: number },
): Promise<EndedSessions> => {
  const definition = definitionHash(detector);
  const found = new Map<string, Session>();
  let unreadable = 0;
  for await (const item of endedItems(table, detector.id, nowMs, afterMs)) {
    const sessions = sessionsIn(item, definition);
    if (!sessions) unreadable++;
    for (const session of sessions ?? []) {
      const id = identityOf(session);
      const known = found.get(id);
      if (known ? known.lines < session.lines : found.size < limit) found.set(id, session);
    }
    if (found.size >= limit) break;
  }
  return { sessions: [...found.values()], unreadable };
};

/** None of another definition, or of one that is not told; `undefined` when they cannot be read. */
const sessionsIn = ({ pk, sk, bytes, doc }: Item, definition: string): Session[] | undefined => {
  try {
    const about: { definition?: unknown } | null = JSON.parse(doc ?? "null");
    if (about?.definition !== definition) return [];
    return decodeEnded(bytes ?? NO_BYTES, `the sessions of ${pk}, ${sk}`);
  } catch {
    // One damaged item of many is no reason to learn from none of them.
    return undefined;
  }
};
const NO_BYTES = new Uint8Array(0);

/** Lines without a time of their own let two sessions of a key begin at once: their first lines are still two. */
const identityOf = ({ key, firstMs, entries }: Session): string => {
  const first = entries[0]?.first;
  return JSON.stringify([key, firstMs, first?.shardId, first?.sequenceNumber, first?.part]);
};

async function* endedItems(table: Table, detectorId: string, nowMs: number, afterMs: number): AsyncGenerator<Item> {
  // A minute that the clocks of stream and trainer differ may be a new day.
  for (let dayMs = nowMs + DAY_MS; dayMs > nowMs - DAYS_BACK * DAY_MS; dayMs -= DAY_MS) {
    if (dayMs + DAY_MS < afterMs) return;
    const pk = endedSessionsPk(detectorId, dayMs);
    const bounds = afterMs > 0 ? { from: timeKey(afterMs + 1) } : {};
    yield* descending(table, pk, bounds);
  }
}

async function* descending(table: Table, pk: string, bounds: { from?: string }): AsyncGenerator<Item> {
  let before: string | undefined;
  for (;;) {
    const to = before === undefined ? {} : { to: before };
    const page = await table.query({ pk, ...bounds, ...to, order: "descending", limit: PAGE + 1 });
    // Bounds are inclusive: a page begins with the last item of the one before.
    yield* page.filter(({ sk }) => sk !== before);
    if (page.length <= PAGE) return;
    before = page.at(-1)!.sk;
  }
}

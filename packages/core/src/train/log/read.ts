import type { Session } from "../../log/session/session.ts";
import { decodeEnded } from "../../log/store/ended-sessions.ts";
import { endedSessionsPk, timeKey } from "../../store/keys.ts";
import type { Item, Table } from "../../store/ports.ts";

/** Sessions that ended are kept for five weeks; the day after, for what arrives while the day changes. */
const DAYS_BACK = 36;
const DAY_MS = 24 * 3_600_000;
/** Items of packed sessions per range query: each has some 80 KB. */
const PAGE = 10;

/**
 * Sessions that ended, the newest first, by the day of their arrival. A session may have ended twice (a replay, or more
 * lines that came late): then the one with the most lines counts.
 */
export const endedSessions = async (
  table: Table,
  detectorId: string,
  { nowMs, limit, afterMs = Number.NEGATIVE_INFINITY }: { nowMs: number; limit: number; afterMs?: number },
): Promise<Session[]> => {
  const found = new Map<string, Session>();
  for await (const item of endedItems(table, detectorId, nowMs, afterMs)) {
    for (const session of decodeEnded(item.bytes ?? NO_BYTES, `the sessions of ${item.pk}, ${item.sk}`)) {
      const id = `${session.firstMs} ${session.key}`;
      const known = found.get(id);
      if (known ? known.lines < session.lines : found.size < limit) found.set(id, session);
    }
    if (found.size >= limit) break;
  }
  return [...found.values()];
};
const NO_BYTES = new Uint8Array(0);

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

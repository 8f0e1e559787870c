import { anomalousDayKey, anomalousSessionsPk, pastSessionKey, sessionHeadKey, timeKey } from "../../store/keys.ts";
import type { Item, Table } from "../../store/ports.ts";
import { anomalousOf } from "../store/anomalous-sessions.ts";
import { decodeSessionHead, type SessionHead } from "../store/session-head.ts";
import type { StoredVerdict } from "../store/stored-verdict.ts";

export type AnomalousRange = {
  /** Of the session's first line, inclusive. */
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  /** Only those whose key is lower: goes on where an earlier answer ended. */
  before?: string | undefined;
  limit: number;
};
/** `sk` is the session's place among the anomalous ones of its detector, newest first. */
export type AnomalousSession = { sk: string; state: SessionHead["state"]; verdict: StoredVerdict };

/** Sessions, or days, per range query. */
const PAGE = 200;

/**
 * Sessions found anomalous, by the time of their first line, newest first. What is said of a session is what its own
 * item says by now: one that turned out normal is left out, and one that turned out to have begun earlier, with a line
 * that came late, is listed there only. Where its own item cannot be read, what was listed stands.
 */
export const listAnomalousSessions = async (
  table: Table,
  detectorId: string,
  { fromMs, toMs, before, limit }: AnomalousRange,
): Promise<AnomalousSession[]> => {
  const found: AnomalousSession[] = [];
  const end = before === undefined ? toMs : Math.min(toMs, Number.parseInt(before, 10) + 1);
  if (!(fromMs < end)) return found;
  for await (const day of daysOf(table, detectorId, fromMs, end)) {
    for await (const page of pagesOfDay(table, anomalousSessionsPk(detectorId, Date.parse(day)), fromMs, end)) {
      const wanted = page.filter(({ sk }) => before === undefined || sk < before);
      found.push(...(await asTheyAre(table, detectorId, wanted)).filter(({ verdict }) => verdict.isAnomalous));
      if (found.length >= limit) return found.slice(0, limit);
    }
  }
  return found;
};

/** Days with anomalous sessions, newest first. */
async function* daysOf(table: Table, detectorId: string, fromMs: number, toMs: number): AsyncGenerator<string> {
  const { pk, sk: from } = anomalousDayKey(detectorId, Math.max(0, fromMs));
  const to = anomalousDayKey(detectorId, Math.min(toMs - 1, LATEST_MS)).sk;
  for await (const page of pages(table, pk, from, to)) for (const { sk } of page) yield sk;
}
/** The latest time that ISO 8601 writes with four digits for the year. */
const LATEST_MS = Date.UTC(9999, 11, 31);

async function* pagesOfDay(table: Table, pk: string, fromMs: number, toMs: number): AsyncGenerator<Item[]> {
  // "$" sorts right behind the "#" that follows the time in a key.
  yield* pages(table, pk, timeKey(Math.max(0, fromMs)), `${timeKey(Math.min(toMs - 1, LATEST_MS))}$`);
}

async function* pages(table: Table, pk: string, from: string, last: string): AsyncGenerator<Item[]> {
  let to = last;
  // The bound is inclusive: the last one comes again.
  for (let skip = ""; ; skip = to) {
    const items = await table.query({ pk, from, to, order: "descending", limit: PAGE });
    yield items.filter(({ sk }) => sk !== skip);
    if (items.length < PAGE) return;
    to = items.at(-1)!.sk;
  }
}

const asTheyAre = async (table: Table, detectorId: string, items: readonly Item[]): Promise<AnomalousSession[]> => {
  const listed = items.flatMap((item) => {
    const verdict = anomalousOf(item);
    return verdict ? [{ sk: item.sk, verdict }] : [];
  });
  const heads = await table.getMany(listed.map(({ verdict }) => sessionHeadKey(detectorId, verdict.key)));
  const pasts = await table.getMany(
    listed.map(({ verdict }) => pastSessionKey(detectorId, verdict.key, verdict.startMs)),
  );
  return listed.flatMap(({ sk, verdict }, index): AnomalousSession[] => {
    const own = [heads[index], pasts[index]]
      .flatMap((item) => readHead(item) ?? [])
      .find(({ session }) => session.firstMs === verdict.startMs);
    // An attempt to write it that lost to another has listed it.
    if (own?.state === "open" && !own.verdict?.isAnomalous) return [];
    if (own) return [{ sk, state: own.state, verdict: own.verdict ?? verdict }];
    const newest = readHead(heads[index]);
    // The session itself may have expired; one that goes on from an earlier line is listed at that.
    if (newest && newest.session.firstMs < verdict.startMs && newest.session.lastMs >= verdict.startMs) return [];
    return [{ sk, state: "idle", verdict }];
  });
};

/** `undefined` also for what cannot be read: a damaged item hides no other session. */
const readHead = (item: Item | undefined): SessionHead | undefined => {
  try {
    return item && decodeSessionHead(item);
  } catch {
    return undefined;
  }
};

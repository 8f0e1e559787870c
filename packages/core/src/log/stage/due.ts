import { z } from "zod";
import { shortHash } from "../../feature/hash.ts";
import { dueSessionsKey, dueSessionsPk, sessionHeadKey, timeKey } from "../../store/keys.ts";
import type { Item, Put, Table } from "../../store/ports.ts";
import { decodeSessionHead, type SessionHead } from "../store/session-head.ts";
import { addSession, type DetectorContext, emptySessionsReport, judgeFor, type SessionsReport } from "./context.ts";
import { arrivalOf, endSession, judgeQuiet, untaken } from "./session-lines.ts";
import { type ChangedSession, KEPT_MS, removal, takeBack, writeSessions } from "./write-sessions.ts";

/**
 * Sessions end by a silence, and a silence brings no line. So the keys of sessions that began are put down under the time
 * at which they may end; when the log's time has passed it, they are looked at: silent ones end, the others are put down
 * again. These lists are hints and may name a session twice: what counts is in its head.
 */
const DueSessions = z.strictObject({
  keys: z.array(z.string()),
  /** The latest arrival of a line of these sessions when they were put down. */
  arrivalMs: z.number(),
  /** They were judged since their last line, and wait for their end. */
  areJudged: z.boolean(),
});

/** Keys of one item: of 256 bytes at most, six times as many if JSON has to escape them all, they fit into one. */
const KEYS_PER_ITEM = 200;
/** Times are rounded up to this share of the silence, so that sessions of one batch stand in few items. */
const BUCKETS_PER_WAIT = 8;

/**
 * Puts down when sessions may end: before their heads are written, so that none is forgotten. An item is named after what it
 * holds: a repeat of a batch, some heads of which were written before, must not replace the longer list. Returns their
 * names.
 */
export const putDown = async (
  { table, plan }: Pick<DetectorContext, "table" | "plan">,
  shardId: string,
  heads: readonly SessionHead[],
  areJudged = false,
): Promise<Set<string>> => {
  const waitMs = areJudged ? plan.idleMs : plan.quietMs;
  const bucketMs = Math.max(1, Math.ceil(plan.quietMs / BUCKETS_PER_WAIT));
  const dueMs = ({ session }: SessionHead) => Math.ceil((session.lastMs + waitMs + 1) / bucketMs) * bucketMs;
  const puts: Put[] = [];
  for (const [atMs, all] of Map.groupBy(heads, dueMs)) {
    for (let at = 0; at < all.length; at += KEYS_PER_ITEM) {
      const some = all.slice(at, at + KEYS_PER_ITEM);
      const keys = some.map(({ session }) => session.key);
      const arrivalMs = Math.max(...some.map(arrivalOf));
      const doc = JSON.stringify({ keys, arrivalMs, areJudged });
      const key = dueSessionsKey(plan.id, shardId, atMs, shortHash(doc));
      puts.push({ item: { ...key, version: 1, doc, expiresAtMs: arrivalMs + KEPT_MS }, condition: { kind: "any" } });
    }
  }
  if (puts.length > 0) await table.putMany(puts);
  return new Set(puts.map(({ item }) => item.sk));
};

/**
 * How long a session has been silent is measured by its log's own time (`atMs` is when the line arrived that tells it), or by
 * the clock and when lines arrived.
 */
export type Silence = { newestMs: number; atMs: number } | { nowMs: number };

/** Items per range query. */
const PAGE = 100;

/** Looks at some more than `maxSessions` at most, in as many lists as it takes: the rest waits for the next call. */
export const endDueSessions = async (
  context: DetectorContext,
  shardId: string,
  silence: Silence,
  maxSessions: number,
): Promise<SessionsReport> => {
  const { table, plan } = context;
  const report = emptySessionsReport();
  const looked: Item[] = [];
  const keys = new Set<string>();
  for await (const item of dueItems(table, plan.id, shardId, silence)) {
    const due = parse(item);
    if (!due) continue;
    if ("nowMs" in silence && silence.nowMs - due.arrivalMs <= (due.areJudged ? plan.idleMs : plan.quietMs)) continue;
    for (const key of due.keys) keys.add(key);
    looked.push(item);
    if (keys.size >= maxSessions) break;
  }
  if (looked.length === 0) return report;
  const left = await endSilent(context, [...keys], silence, report);
  const kept = await putDown(context, shardId, left.open);
  const waiting = await putDown(context, shardId, left.judged, true);
  // Of a session that somebody else wrote meanwhile, the same item may have been put down again.
  await table.putMany(looked.filter(({ sk }) => !kept.has(sk) && !waiting.has(sk)).map(removal));
  return report;
};

async function* dueItems(table: Table, detectorId: string, shardId: string, silence: Silence): AsyncGenerator<Item> {
  // By the clock too: what the log's time has not reached yet is not late, unless the log's clock is ahead of ours.
  const to = timeKey(Math.max(0, "newestMs" in silence ? silence.newestMs : silence.nowMs));
  let from = "";
  for (;;) {
    const page = await table.query({ pk: dueSessionsPk(detectorId, shardId), from, to, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
    from = `${page.at(-1)!.sk}!`;
  }
}

/** Returns the sessions that go on, with those that somebody else wrote meanwhile. */
const endSilent = async (
  context: DetectorContext,
  keys: readonly string[],
  silence: Silence,
  report: SessionsReport,
): Promise<{ open: SessionHead[]; judged: SessionHead[] }> => {
  const { table, plan } = context;
  const items = await table.getMany(keys.map((key) => sessionHeadKey(plan.id, key)));
  const left: { open: SessionHead[]; judged: SessionHead[] } = { open: [], judged: [] };
  const silent: { key: string; before: Item; head: SessionHead; silenceMs: number }[] = [];
  for (const [index, key] of keys.entries()) {
    const before = items[index];
    const head = before && readable(before);
    if (!before || head?.state !== "open") continue;
    const silenceMs = "newestMs" in silence ? silence.newestMs - head.session.lastMs : silence.nowMs - arrivalOf(head);
    if (silenceMs > plan.quietMs) silent.push({ key, before, head, silenceMs });
    else left.open.push(head);
  }
  const judge = await judgeFor(
    context,
    silent.flatMap(({ head }) => head.session.entries.map(({ templateId }) => templateId)),
  );
  const changed: ChangedSession[] = [];
  for (const { key, before, head, silenceMs } of silent) {
    const taken = untaken(head);
    if (silenceMs > plan.idleMs) endSession(taken, "idle", judge);
    else {
      judgeQuiet(taken, judge);
      left.judged.push(head);
    }
    if (taken.ended.length > 0 || taken.early) changed.push({ key, before, taken });
  }
  const endedAtMs = "newestMs" in silence ? silence.atMs : silence.nowMs;
  const outcomes = changed.length > 0 ? await writeSessions(table, plan, changed, endedAtMs) : [];
  const lost = changed.filter((_, index) => outcomes[index] === "conflict");
  for (const [index, one] of changed.entries()) if (outcomes[index] !== "conflict") addSession(report, one);
  if (lost.length > 0) left.open.push(...(await giveWay(context, lost)));
  report.conflicts += lost.length;
  return left;
};

/** Takes back what was said of sessions that somebody else wrote meanwhile; returns those that are open. */
const giveWay = async ({ table, plan }: DetectorContext, lost: readonly ChangedSession[]): Promise<SessionHead[]> => {
  const items = await table.getMany(lost.map(({ key }) => sessionHeadKey(plan.id, key)));
  const heads = items.flatMap((item) => (item && readable(item)) ?? []);
  const won = heads.map((head) => ({ key: head.session.key, before: undefined, taken: untaken(head) }));
  await takeBack(table, plan.id, lost, won);
  return heads.filter(({ state }) => state === "open");
};

/** A head that cannot be read is reported with the next line of its session. */
const readable = (item: Item): SessionHead | undefined => {
  try {
    return decodeSessionHead(item);
  } catch {
    return undefined;
  }
};

/** A hint that cannot be read is none: the clock finds its sessions again when they speak. */
const parse = (item: Item): z.output<typeof DueSessions> | undefined => {
  try {
    return DueSessions.parse(JSON.parse(item.doc ?? "null"));
  } catch {
    return undefined;
  }
};

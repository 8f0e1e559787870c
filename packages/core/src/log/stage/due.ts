import { z } from "zod";
import { AppError } from "../../errors.ts";
import { shortHash } from "../../feature/hash.ts";
import { dueSessionsKey, dueSessionsPk, sessionHeadKey, timeKey } from "../../store/keys.ts";
import type { Item, Put, Table } from "../../store/ports.ts";
import { decodeSessionHead, type SessionHead } from "../store/session-head.ts";
import { type DetectorContext, emptySessionsReport, judgeFor, type SessionsReport } from "./context.ts";
import type { SessionJudge } from "./session-lines.ts";
import { arrivalOf, endSession, untaken } from "./session-lines.ts";
import { type ChangedSession, writeSessions } from "./write-sessions.ts";

/**
 * Sessions end by a silence, and a silence brings no line. So the keys of sessions that began are put down under the time
 * at which they may end; when the log's time has passed it, they are looked at: silent ones end, the others are put down
 * again. These lists are hints and may name a session twice: what counts is in its head.
 */
const DueSessions = z.strictObject({
  keys: z.array(z.string()),
  /** The latest arrival of a line of these sessions when they were put down. */
  arrivalMs: z.number(),
});

/** Keys of one item: of 256 bytes at most, they fit. */
const KEYS_PER_ITEM = 500;
/** Times are rounded up to this share of the time-out, so that sessions of one batch stand in few items. */
const BUCKETS_PER_IDLE = 8;
const LONG_AGO_MS = 1;

/**
 * Puts down when sessions may end: before their heads are written, so that none is forgotten. An item is named after what it
 * holds: a repeat of a batch, some heads of which were written before, must not replace the longer list. Returns their
 * names.
 */
export const putDown = async (
  { table, plan }: Pick<DetectorContext, "table" | "plan">,
  shardId: string,
  heads: readonly SessionHead[],
): Promise<Set<string>> => {
  const bucketMs = Math.max(1, Math.ceil(plan.idleMs / BUCKETS_PER_IDLE));
  const dueMs = ({ session }: SessionHead) => Math.ceil((session.lastMs + plan.idleMs + 1) / bucketMs) * bucketMs;
  const puts: Put[] = [];
  for (const [atMs, all] of Map.groupBy(heads, dueMs)) {
    for (let at = 0; at < all.length; at += KEYS_PER_ITEM) {
      const some = all.slice(at, at + KEYS_PER_ITEM);
      const keys = some.map(({ session }) => session.key);
      const doc = JSON.stringify({ keys, arrivalMs: Math.max(...some.map(arrivalOf)) });
      const key = dueSessionsKey(plan.id, shardId, atMs, shortHash(doc));
      puts.push({ item: { ...key, version: 1, doc }, condition: { kind: "any" } });
    }
  }
  if (puts.length > 0) await table.putMany(puts);
  return new Set(puts.map(({ item }) => item.sk));
};

/** Which sessions are over: those of a log whose own time is `newestMs`, or of which no line came since `arrivedBeforeMs`. */
export type Silence = { newestMs: number } | { arrivedBeforeMs: number };

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
    if ("arrivedBeforeMs" in silence && due.arrivalMs >= silence.arrivedBeforeMs) continue;
    for (const key of due.keys) keys.add(key);
    looked.push(item);
    if (keys.size >= maxSessions) break;
  }
  if (looked.length === 0) return report;
  const kept = await putDown(context, shardId, await endSilent(context, [...keys], silence, report));
  // Of a session that somebody else wrote meanwhile, the same item may have been put down again.
  await table.putMany(looked.filter(({ sk }) => !kept.has(sk)).map(removal));
  return report;
};

async function* dueItems(table: Table, detectorId: string, shardId: string, silence: Silence): AsyncGenerator<Item> {
  const to = "newestMs" in silence ? { to: timeKey(Math.max(0, silence.newestMs)) } : {};
  let from = "";
  for (;;) {
    const page = await table.query({ pk: dueSessionsPk(detectorId, shardId), from, ...to, limit: PAGE });
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
): Promise<SessionHead[]> => {
  const { table, plan } = context;
  const items = await table.getMany(keys.map((key) => sessionHeadKey(plan.id, key)));
  const open = keys.flatMap((key, index) => {
    const before = items[index];
    const head = before && readable(before);
    return before && head?.state === "open" ? [{ key, before, head }] : [];
  });
  const over = open.filter(({ head }) => isOver(head, plan.idleMs, silence));
  const judge = await judgeFor(
    context,
    over.flatMap(({ head }) => head.session.entries.map(({ templateId }) => templateId)),
  );
  const changed = over.map(({ key, before, head }) => ended(key, before, head, judge));
  const outcomes = changed.length > 0 ? await writeSessions(table, plan.id, changed) : [];
  const left = open.filter(({ head }) => head.state === "open").map(({ head }) => head);
  for (const [index, { taken }] of changed.entries()) {
    if (outcomes[index] === "conflict") {
      report.conflicts++;
      left.push(taken.head);
      continue;
    }
    report.written++;
    report.ended++;
    if (taken.ended.some(({ verdict, wasListed }) => verdict?.isAnomalous && !wasListed)) report.anomalous++;
  }
  return left;
};

const ended = (key: string, before: Item, head: SessionHead, judge: SessionJudge | undefined): ChangedSession => {
  const taken = untaken(head);
  endSession(taken, "idle", judge);
  return { key, before, taken };
};

const isOver = (head: SessionHead, idleMs: number, silence: Silence): boolean =>
  "newestMs" in silence ? head.session.lastMs + idleMs < silence.newestMs : arrivalOf(head) < silence.arrivedBeforeMs;

/** A head that cannot be read is reported with the next line of its session. */
const readable = (item: Item): SessionHead | undefined => {
  try {
    return decodeSessionHead(item);
  } catch (error) {
    if (error instanceof AppError && error.code === "CORRUPT") return undefined;
    throw error;
  }
};

const parse = (item: Item) => {
  const parsed = DueSessions.safeParse(JSON.parse(item.doc ?? "null"));
  if (!parsed.success) throw new AppError("CORRUPT", `the list ${item.pk}, ${item.sk} cannot be read`);
  return parsed.data;
};

const removal = ({ pk, sk }: Item): Put => ({
  item: { pk, sk, version: 2, expiresAtMs: LONG_AGO_MS },
  condition: { kind: "any" },
});

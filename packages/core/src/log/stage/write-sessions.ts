import { shortHash } from "../../feature/hash.ts";
import { anomalousSessionKey, endedSessionsKey, pastSessionKey, sessionHeadKey } from "../../store/keys.ts";
import type { Item, ItemKey, Put, PutOutcome, Table } from "../../store/ports.ts";
import type { Session } from "../session/session.ts";
import { anomalousPuts } from "../store/anomalous-sessions.ts";
import { encodeEnded } from "../store/ended-sessions.ts";
import { encodeSessionHead, sessionHeadVersion } from "../store/session-head.ts";
import type { StoredVerdict } from "../store/stored-verdict.ts";
import type { LogPlan } from "./plan.ts";
import { arrivalOf, type TakenLines } from "./session-lines.ts";

/** How long a session stays after its last line came: by the arrival, so that a replayed log of old days stays as long. */
export const KEPT_MS = 35 * 24 * 3_600_000;
/** Of one item of ended sessions: an item of the table holds 400 KB. */
const ENDED_BYTES = 300_000;

/** The sessions of one key after some lines, judged, before they are written. */
export type ChangedSession = { key: string; before: Item | undefined; taken: TakenLines };

/**
 * Writes what follows from the heads (earlier sessions, the list of anomalous ones, ended ones to learn from), then the
 * heads, each on condition that nobody else wrote it since. All but the heads are the same when they are written again.
 * @param endedAtMs when those of them ended that did, by the clock
 */
export const writeSessions = async (
  table: Table,
  { id, definition }: Pick<LogPlan, "id" | "definition">,
  changed: readonly ChangedSession[],
  endedAtMs: number,
): Promise<PutOutcome[]> => {
  const sides = changed.flatMap((one) => sidesOf(id, one));
  const ended = changed.flatMap(({ taken }) => taken.ended.map(({ session }) => session));
  sides.push(...endedItems(id, definition, ended, endedAtMs));
  if (sides.length > 0) await table.putMany(sides);
  return await table.putMany(changed.map((one) => headPut(id, one)));
};

const headPut = (detectorId: string, { key, before, taken: { head } }: ChangedSession): Put => ({
  item: {
    ...sessionHeadKey(detectorId, key),
    version: sessionHeadVersion(head),
    ...encodeSessionHead(head),
    expiresAtMs: arrivalOf(head) + KEPT_MS,
  },
  condition: before ? { kind: "version", version: before.version } : { kind: "absent" },
});

const sidesOf = (detectorId: string, one: ChangedSession): Put[] => {
  const { key, taken } = one;
  const { head, past, ended } = taken;
  const gone = [...(past ? [past] : []), ...ended.filter(({ session }) => session !== head.session)];
  const puts = gone.map(({ session, state, verdict, arrivalMs }): Put => {
    const item = encodeSessionHead({ lines: session.lines, ended: 1, shards: [], state, session, verdict });
    const at = { ...pastSessionKey(detectorId, key, session.firstMs), expiresAtMs: arrivalMs + KEPT_MS };
    return put({ ...at, version: session.lines, ...item });
  });
  for (const { verdict, arrivalMs } of toldVerdicts(one)) {
    puts.push(...anomalousPuts(detectorId, [verdict], arrivalMs + KEPT_MS));
  }
  return puts;
};

/** Verdicts to be listed. What was listed while it was open is listed as it ended, be it normal after all. */
const toldVerdicts = ({ taken: { ended, early } }: ChangedSession): { verdict: StoredVerdict; arrivalMs: number }[] => {
  const told = ended.flatMap(({ verdict, wasListed, arrivalMs }) =>
    verdict && (wasListed || verdict.isAnomalous) ? [{ verdict, arrivalMs }] : [],
  );
  return early ? [...told, early] : told;
};

/**
 * Takes back what attempts that lost have listed: of a session that was about to be told anomalous, and is not now that the
 * lines of another consumer are in it.
 */
export const takeBack = async (
  table: Table,
  detectorId: string,
  lost: readonly ChangedSession[],
  won: readonly ChangedSession[],
): Promise<void> => {
  const heads = new Map(won.map(({ key, taken }) => [key, taken.head]));
  const gone = lost.flatMap((one) => {
    const head = heads.get(one.key);
    const wrong = toldVerdicts(one).filter(
      ({ verdict }) => head?.state === "open" && head.session.firstMs === verdict.startMs && !head.verdict?.isAnomalous,
    );
    return wrong.map(({ verdict }) => removal(anomalousSessionKey(detectorId, verdict.startMs, one.key)));
  });
  if (gone.length > 0) await table.putMany(gone);
};

/**
 * By the day on which they ended: that is how far back a training looks, and what came since the last one. Named after what
 * they hold: of a batch that was cut short and came again, some sessions stand in two items. Each item says of which
 * definition its sessions are.
 */
const endedItems = (detectorId: string, definition: string, ended: readonly Session[], endedAtMs: number): Put[] =>
  packs(ended).map((sessions) => {
    const bytes = encodeEnded(sessions);
    const key = endedSessionsKey(detectorId, endedAtMs, shortHash("", bytes));
    const doc = JSON.stringify({ definition });
    return put({ ...key, version: sessions.length, doc, bytes, expiresAtMs: endedAtMs + KEPT_MS });
  });

/** In order, as many to an item as it surely holds. */
const packs = (sessions: readonly Session[]): Session[][] => {
  const packed: Session[][] = [];
  let bytes = ENDED_BYTES;
  for (const session of sessions) {
    const most = mostBytes(session);
    bytes += most;
    if (bytes > ENDED_BYTES) {
      packed.push([]);
      bytes = most;
    }
    packed.at(-1)!.push(session);
  }
  return packed;
};

/** More than `encodeSession` needs: a template with its pointer takes some 60 bytes, a name 3 for each UTF-16 unit. */
const mostBytes = ({ key, entries, steps }: Session): number =>
  128 + 3 * key.length + 80 * entries.length + 8 * steps.size;

const put = (item: Item): Put => ({ item, condition: { kind: "any" } });

/** An item that expired at this time is gone. */
const LONG_AGO_MS = 1;
export const removal = ({ pk, sk }: ItemKey): Put => put({ pk, sk, version: 1, expiresAtMs: LONG_AGO_MS });

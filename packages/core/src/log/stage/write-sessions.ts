import { sideId } from "../../score/judge.ts";
import { anomalousSessionKey, endedSessionsKey, pastSessionKey, sessionHeadKey } from "../../store/keys.ts";
import type { Item, Put, PutOutcome, Table } from "../../store/ports.ts";
import type { Session } from "../session/session.ts";
import { encodeEnded } from "../store/ended-sessions.ts";
import { encodeSessionHead, type SessionHead, sessionHeadVersion } from "../store/session-head.ts";
import type { TakenLines } from "./session-lines.ts";

/** How long a session stays after its last line came: by the arrival, so that a replayed log of old days stays as long. */
const KEPT_MS = 35 * 24 * 3_600_000;
/** Sessions of one item of ended ones: at a few hundred bytes each, well below what an item holds. */
const ENDED_PER_ITEM = 400;

/** The sessions of one key after some lines, judged, before they are written. */
export type ChangedSession = { key: string; before: Item | undefined; taken: TakenLines };

/** The latest arrival of a line of the key. */
export const arrivalOf = ({ shards }: Pick<SessionHead, "shards">): number =>
  Math.max(...shards.map(({ lastMs }) => lastMs));

/**
 * Writes what follows from the heads (earlier sessions, the list of anomalous ones, ended ones to learn from), then the
 * heads, each on condition that nobody else wrote it since. All but the heads are the same when they are written again.
 * @param cause names what brought this about: batches that begin with the same record write the same items
 */
export const writeSessions = async (
  table: Table,
  detectorId: string,
  changed: readonly ChangedSession[],
  cause: { shardId: string; sequenceNumber: string },
): Promise<PutOutcome[]> => {
  const sides = changed.flatMap((one) => sidesOf(detectorId, one));
  const ended = changed.flatMap(({ taken }) => taken.ended.map(({ session }) => session));
  const keptMs = Math.max(0, ...changed.map(({ taken }) => arrivalOf(taken.head))) + KEPT_MS;
  sides.push(...endedItems(detectorId, ended, sideId(cause.shardId, cause.sequenceNumber), keptMs));
  if (sides.length > 0) await table.putMany(sides);
  return await table.putMany(changed.map((one) => headPut(detectorId, one)));
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

const sidesOf = (detectorId: string, { key, taken: { head, past, ended, early } }: ChangedSession): Put[] => {
  const expiresAtMs = arrivalOf(head) + KEPT_MS;
  const gone = [...(past ? [past] : []), ...ended.filter(({ session }) => session !== head.session)];
  const puts = gone.map(({ session, state, verdict }): Put => {
    const item = encodeSessionHead({ lines: session.lines, ended: 1, shards: [], state, session, verdict });
    return put({ ...pastSessionKey(detectorId, key, session.firstMs), version: session.lines, ...item, expiresAtMs });
  });
  // What was listed while it was open is listed as it ended, be it normal after all.
  const listed = ended.filter(({ verdict, wasListed }) => wasListed || verdict?.isAnomalous);
  for (const verdict of [...listed.map((one) => one.verdict), early]) {
    if (!verdict) continue;
    const item = { ...anomalousSessionKey(detectorId, verdict.startMs, key), version: verdict.lines };
    puts.push(put({ ...item, doc: JSON.stringify(verdict), expiresAtMs }));
  }
  return puts;
};

const endedItems = (detectorId: string, ended: readonly Session[], id: string, expiresAtMs: number): Put[] => {
  const puts: Put[] = [];
  for (let at = 0; at < ended.length; at += ENDED_PER_ITEM) {
    const sessions = ended.slice(at, at + ENDED_PER_ITEM);
    const key = endedSessionsKey(detectorId, sessions[0]!.lastMs, at === 0 ? id : `${id}-${at}`);
    puts.push(put({ ...key, version: sessions.length, bytes: encodeEnded(sessions), expiresAtMs }));
  }
  return puts;
};

const put = (item: Item): Put => ({ item, condition: { kind: "any" } });

import { sessionHeadKey, sessionPk } from "../../store/keys.ts";
import type { Table } from "../../store/ports.ts";
import { decodeSessionHead, type SessionHead } from "../store/session-head.ts";

/** Earlier sessions of a key that are looked at: the newest ones. */
const MAX_EARLIER = 100;

/** The sessions of one key: the open one, or the one that ended last, and those before it, newest first. */
export type KeySessions = { newest: SessionHead; earlier: SessionHead[] };

/** `undefined` when no line has had the key, or all that is known of it has expired. */
export const readSession = async (table: Table, detectorId: string, key: string): Promise<KeySessions | undefined> => {
  const pk = sessionPk(detectorId, key);
  const [[head], past] = await Promise.all([
    table.getMany([sessionHeadKey(detectorId, key)]),
    // "$" sorts right behind the "#" of these keys.
    table.query({ pk, from: "PAST#", to: "PAST$", order: "descending", limit: MAX_EARLIER }),
  ]);
  if (!head) return undefined;
  const newest = decodeSessionHead(head);
  // A consumer may have died between the copy of a head and the head's own write: then it is in both.
  const earlier = past.map(decodeSessionHead).filter(({ session }) => session.firstMs !== newest.session.firstMs);
  return { newest, earlier };
};

import type { Item, Put, PutCondition, PutOutcome } from "@tidewatch/core/store/ports";
import type Database from "better-sqlite3";
import { type Image, type ItemRow, imageOf, NO_IMAGE } from "./table-file.ts";

/** Puts one item whose changes are recorded or not; `write` must run inside a transaction. */
type WriteOne = (put: Put, nowMs: number) => PutOutcome;

/**
 * Without the feed: a put is one statement, which checks its condition as it writes. An expired item is replaced by
 * `absent` as if it were gone, and no `version` matches it. A deletion leaves no row: lists that are worked off would grow
 * with them until the next sweep.
 */
export const quietWriter = (db: Database.Database): WriteOne => {
  const overwrite = `ON CONFLICT DO UPDATE SET
    version = excluded.version, doc = excluded.doc, bytes = excluded.bytes, expires = excluded.expires`;
  const insert = "INSERT INTO item (pk, sk, version, doc, bytes, expires) VALUES (?, ?, ?, ?, ?, ?)";
  const putAny = db.prepare(`${insert} ${overwrite}`);
  const putAbsent = db.prepare(`${insert} ${overwrite} WHERE item.expires <= ?`);
  const putVersion = db.prepare(`
    UPDATE item SET version = ?, doc = ?, bytes = ?, expires = ?
    WHERE pk = ? AND sk = ? AND version = ? AND (expires IS NULL OR expires > ?)`);

  const remove = db.prepare("DELETE FROM item WHERE pk = ? AND sk = ?");

  return ({ item, condition }, nowMs) => {
    const { version, doc, bytes, expires } = imageOf(item);
    if (condition.kind === "any" && isExpired(expires, nowMs)) {
      remove.run(item.pk, item.sk);
      return "written";
    }
    const run = (): Database.RunResult => {
      if (condition.kind === "any") return putAny.run(item.pk, item.sk, version, doc, bytes, expires);
      if (condition.kind === "absent") return putAbsent.run(item.pk, item.sk, version, doc, bytes, expires, nowMs);
      return putVersion.run(version, doc, bytes, expires, item.pk, item.sk, condition.version, nowMs);
    };
    return run().changes === 1 ? "written" : "conflict";
  };
};

/**
 * With the feed: reads what is there, then writes item and change. An expired item that is found first leaves the feed
 * as an expiry; a put that has expired already (a deletion) does so at once, and leaves no row.
 */
export const recordingWriter = (db: Database.Database): WriteOne => {
  const read = db.prepare<[string, string], ItemRow>("SELECT * FROM item WHERE pk = ? AND sk = ?");
  const remove = db.prepare<[string, string]>("DELETE FROM item WHERE pk = ? AND sk = ?");
  const write = quietWriter(db);
  const record = changeRecorder(db);

  return (put, nowMs) => {
    const { item, condition } = put;
    const found = read.get(item.pk, item.sk);
    const live = found !== undefined && !isExpired(found.expires, nowMs) ? found : undefined;
    if (!holds(condition, live)) return "conflict";
    if (found !== undefined && live === undefined) record(item.pk, item.sk, found, NO_IMAGE, nowMs);
    const after = imageOf(item);
    if (!isExpired(after.expires, nowMs)) {
      write({ item, condition: { kind: "any" } }, nowMs);
      record(item.pk, item.sk, live ?? NO_IMAGE, after, nowMs);
      return "written";
    }
    if (found !== undefined) remove.run(item.pk, item.sk);
    if (live !== undefined) record(item.pk, item.sk, live, NO_IMAGE, nowMs);
    return "written";
  };
};

type RecordChange = (pk: string, sk: string, before: Image, after: Image, nowMs: number) => void;

export const changeRecorder = (db: Database.Database): RecordChange => {
  const insert = db.prepare(`
    INSERT INTO change (at, pk, sk, beforeVersion, beforeDoc, beforeBytes, beforeExpires,
      afterVersion, afterDoc, afterBytes, afterExpires)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  return (pk, sk, before, after, nowMs) => {
    const images = [before, after].flatMap(({ version, doc, bytes, expires }) => [version, doc, bytes, expires]);
    insert.run(nowMs, pk, sk, ...images);
  };
};

const isExpired = (expires: number | null, nowMs: number): boolean => expires !== null && expires <= nowMs;

const holds = (condition: PutCondition, live: Pick<Item, "version"> | undefined): boolean => {
  if (condition.kind === "any") return true;
  if (condition.kind === "absent") return live === undefined;
  return live?.version === condition.version;
};

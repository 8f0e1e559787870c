import type { Item, RangeQuery } from "@tidewatch/core/store/ports";
import type Database from "better-sqlite3";
import { type ItemRow, itemOf } from "./table-file.ts";

/** Runs range queries of live items; `limit` counts live items only. */
export const rangeQuery = (db: Database.Database): ((query: RangeQuery, nowMs: number) => Item[]) => {
  const prepare = (bound: string, order: "ASC" | "DESC") =>
    db.prepare<{ pk: string; from: string; to: string | null; nowMs: number; limit: number }, ItemRow>(`
      SELECT * FROM item WHERE pk = :pk AND sk >= :from ${bound} AND (expires IS NULL OR expires > :nowMs)
      ORDER BY sk ${order} LIMIT :limit`);
  const upTo = "AND sk <= :to";
  const statements = {
    bounded: { ascending: prepare(upTo, "ASC"), descending: prepare(upTo, "DESC") },
    open: { ascending: prepare("", "ASC"), descending: prepare("", "DESC") },
  };

  return ({ pk, from = "", to, order = "ascending", limit }, nowMs) => {
    const statement = statements[to === undefined ? "open" : "bounded"][order];
    const rows = statement.all({ pk, from, to: to ?? null, nowMs, limit });
    return rows.map((row) => itemOf(row.pk, row.sk, row)!);
  };
};

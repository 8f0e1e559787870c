import { createHash } from "node:crypto";
import type Database from "better-sqlite3";
import type { ItemRow } from "./table-file.ts";

/**
 * sha256 over the live items whose pk has the prefix, and none of those in `except`, in key order. Every field goes in with its length before it (an
 * absent one as −1), so that no two tables that differ can have the same input.
 */
export const digestItems = (
  db: Database.Database,
  pkPrefix: string,
  nowMs: number,
  except: readonly string[] = [],
): string => {
  const select = db.prepare<[string, number], ItemRow>(
    "SELECT * FROM item WHERE pk >= ? AND (expires IS NULL OR expires > ?) ORDER BY pk, sk",
  );
  const sha256 = createHash("sha256");
  const length = Buffer.alloc(4);
  for (const row of select.iterate(pkPrefix, nowMs)) {
    if (!row.pk.startsWith(pkPrefix)) break;
    if (except.some((prefix) => row.pk.startsWith(prefix))) continue;
    for (const field of [row.pk, row.sk, String(row.version), row.doc, row.bytes]) {
      const bytes = typeof field === "string" ? Buffer.from(field) : field;
      length.writeInt32LE(bytes?.length ?? -1);
      sha256.update(length);
      if (bytes !== null) sha256.update(bytes);
    }
  }
  return sha256.digest("hex");
};

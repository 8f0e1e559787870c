import { AppError } from "@tidewatch/core/errors";
import type { ChangeFeed, TableChange } from "@tidewatch/core/store/ports";
import type Database from "better-sqlite3";
import { asAppError } from "../sqlite/failure.ts";
import { type Image, itemOf } from "./table-file.ts";

type ChangeRow = {
  position: number;
  pk: string;
  sk: string;
  beforeVersion: Image["version"];
  beforeDoc: Image["doc"];
  beforeBytes: Image["bytes"];
  beforeExpires: Image["expires"];
  afterVersion: Image["version"];
  afterDoc: Image["doc"];
  afterBytes: Image["bytes"];
  afterExpires: Image["expires"];
};

/** Cursors are positions, 16 digits. A cursor whose change is swept goes on with the oldest one kept. */
export const changeFeed = (db: Database.Database, path: string): ChangeFeed => {
  const select = db.prepare<[number, number], ChangeRow>(
    "SELECT * FROM change WHERE position > ? ORDER BY position LIMIT ?",
  );
  return {
    async read(afterCursor, limit) {
      const after = parseCursor(afterCursor);
      try {
        return select.all(after, Math.max(0, limit)).map(changeOf);
      } catch (error) {
        throw asAppError(error, path);
      }
    },
  };
};

const parseCursor = (cursor: string | undefined): number => {
  if (cursor === undefined) return 0;
  if (!/^\d{16}$/.test(cursor)) throw new AppError("VALIDATION", `${cursor} is no cursor of this feed`);
  return Number(cursor);
};

const changeOf = (row: ChangeRow): TableChange => {
  const { pk, sk } = row;
  const before = itemOf(pk, sk, {
    version: row.beforeVersion,
    doc: row.beforeDoc,
    bytes: row.beforeBytes,
    expires: row.beforeExpires,
  });
  const after = itemOf(pk, sk, {
    version: row.afterVersion,
    doc: row.afterDoc,
    bytes: row.afterBytes,
    expires: row.afterExpires,
  });
  return {
    cursor: String(row.position).padStart(16, "0"),
    ...(before && { before }),
    ...(after && { after }),
  };
};

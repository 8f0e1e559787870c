import type { BusEvent } from "@tidewatch/core/store/ports";
import type { FileKind } from "../sqlite/open.ts";

/** `subscriber.position` is the last event that it is done with; `dead` are those that it gave up on. */
export const BUS_FILE: FileKind = {
  applicationId: 0x54_57_42_31,
  schemaVersion: 1,
  schema: `
    CREATE TABLE event (
      position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, time INTEGER NOT NULL,
      detail TEXT NOT NULL, published INTEGER NOT NULL
    );
    CREATE TABLE subscriber (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE dead (
      subscriber TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, time INTEGER NOT NULL,
      detail TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (subscriber, position)
    ) WITHOUT ROWID;
  `,
};

export type EventRow = { position: number; id: string; type: string; time: number; detail: string };

export const busEventOf = ({ id, type, time, detail }: EventRow): BusEvent => ({
  id,
  type,
  timeMs: time,
  detail: JSON.parse(detail),
});

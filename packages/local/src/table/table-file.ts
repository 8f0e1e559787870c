import type { Item } from "@tidewatch/core/store/ports";
import type { FileKind } from "../sqlite/open.ts";

/**
 * Text is UTF-8 and compares bytewise, which is the order of the keys. `change` holds images before and after: a null
 * version is no image. `checkpoint` stands here for the sake of its transactions; see `openSqliteTable`.
 */
export const TABLE_FILE: FileKind = {
  applicationId: 0x54_57_54_31,
  schemaVersion: 1,
  schema: `
    CREATE TABLE item (
      pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, doc TEXT, bytes BLOB, expires INTEGER,
      PRIMARY KEY (pk, sk)
    ) WITHOUT ROWID;
    CREATE INDEX item_expires ON item (expires) WHERE expires IS NOT NULL;
    CREATE TABLE change (
      position INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, pk TEXT NOT NULL, sk TEXT NOT NULL,
      beforeVersion INTEGER, beforeDoc TEXT, beforeBytes BLOB, beforeExpires INTEGER,
      afterVersion INTEGER, afterDoc TEXT, afterBytes BLOB, afterExpires INTEGER
    );
    CREATE TABLE checkpoint (
      consumer TEXT NOT NULL, shard TEXT NOT NULL, sequence TEXT NOT NULL, PRIMARY KEY (consumer, shard)
    ) WITHOUT ROWID;
  `,
};

/** Columns of an item beside its key. */
export type Image = {
  version: number | null;
  doc: string | null;
  bytes: Buffer | null;
  expires: number | null;
};
export type ItemRow = { pk: string; sk: string; version: number } & Image;

export const itemOf = (pk: string, sk: string, image: Image): Item | undefined => {
  if (image.version === null) return undefined;
  const item: Item = { pk, sk, version: image.version };
  if (image.doc !== null) item.doc = image.doc;
  if (image.bytes !== null) item.bytes = image.bytes;
  if (image.expires !== null) item.expiresAtMs = image.expires;
  return item;
};

export const imageOf = (item: Item): Image => ({
  version: item.version,
  doc: item.doc ?? null,
  bytes: item.bytes === undefined ? null : asBuffer(item.bytes),
  expires: item.expiresAtMs === undefined ? null : Math.floor(item.expiresAtMs),
});

export const NO_IMAGE: Image = { version: null, doc: null, bytes: null, expires: null };

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

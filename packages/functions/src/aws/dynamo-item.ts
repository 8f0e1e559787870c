import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { AppError } from "@tidewatch/core/errors";
import type { Item, ItemKey } from "@tidewatch/core/store/ports";

export type Attributes = Record<string, AttributeValue>;

const MS_PER_SECOND = 1000;

export const keyOf = ({ pk, sk }: ItemKey): Attributes => ({ pk: { S: pk }, sk: { S: sk } });

/**
 * `expiresAtMs` is the time that counts; `expiresAt`, in seconds and rounded up, is there for DynamoDB's sweeper, which must
 * not take an item away before its time.
 */
export const attributesOf = ({ pk, sk, version, doc, bytes, expiresAtMs }: Item): Attributes => ({
  ...keyOf({ pk, sk }),
  version: { N: String(version) },
  ...(doc !== undefined && { doc: { S: doc } }),
  ...(bytes !== undefined && { bytes: { B: bytes } }),
  ...(expiresAtMs !== undefined && {
    expiresAtMs: { N: String(expiresAtMs) },
    expiresAt: { N: String(Math.ceil(expiresAtMs / MS_PER_SECOND)) },
  }),
});

/** @throws AppError CORRUPT for an item that another program wrote */
export const itemOf = ({ pk, sk, version, doc, bytes, expiresAtMs }: Attributes): Item => {
  if (pk?.S === undefined || sk?.S === undefined || version?.N === undefined) {
    throw new AppError("CORRUPT", `item ${pk?.S} / ${sk?.S} has no version: another program wrote it, remove it`);
  }
  return {
    pk: pk.S,
    sk: sk.S,
    version: Number(version.N),
    ...(doc?.S !== undefined && { doc: doc.S }),
    ...(bytes?.B !== undefined && { bytes: bytes.B }),
    ...(expiresAtMs?.N !== undefined && { expiresAtMs: Number(expiresAtMs.N) }),
  };
};

export const isLive = ({ expiresAtMs }: Item, nowMs: number): boolean =>
  expiresAtMs === undefined || expiresAtMs > nowMs;

export const sameItem = (a: Item, b: Item): boolean =>
  a.version === b.version &&
  a.doc === b.doc &&
  a.expiresAtMs === b.expiresAtMs &&
  (a.bytes === undefined || b.bytes === undefined ? a.bytes === b.bytes : Buffer.compare(a.bytes, b.bytes) === 0);

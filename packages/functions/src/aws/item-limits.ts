import { AppError } from "@tidewatch/core/errors";
import type { Item, ItemKey } from "@tidewatch/core/store/ports";

/**
 * DynamoDB's limits, which every table here keeps, so that what works on one machine works in the cloud: bytes of the two
 * keys and of a whole item. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
const MAX_PK_BYTES = 2048;
const MAX_SK_BYTES = 1024;
const MAX_ITEM_BYTES = 400 * 1024;
/** An item's attribute names, and its three numbers at their longest (21 bytes each). */
const ENVELOPE_BYTES = "pkskversiondocbytesexpiresAtMsexpiresAt".length + 3 * 21;

/** @throws AppError VALIDATION, TOO_LARGE */
export const checkItem = (item: Item): void => {
  const keyBytes = checkKey(item);
  if (!Number.isSafeInteger(item.version)) {
    throw new AppError("VALIDATION", `the version of ${name(item)} is not a whole number: ${item.version}`);
  }
  // A length in UTF-16 units times 3 bounds the UTF-8 length: most documents need no exact count.
  const most = ENVELOPE_BYTES + keyBytes + (item.doc?.length ?? 0) * 3 + (item.bytes?.length ?? 0);
  if (most <= MAX_ITEM_BYTES) return;
  const bytes = ENVELOPE_BYTES + keyBytes + Buffer.byteLength(item.doc ?? "") + (item.bytes?.length ?? 0);
  if (bytes > MAX_ITEM_BYTES) {
    throw new AppError("TOO_LARGE", `${name(item)} has ${bytes} bytes, an item has at most ${MAX_ITEM_BYTES}`);
  }
};

/** Whether a table can hold an item of this key. */
export const isPossibleKey = ({ pk, sk }: ItemKey): boolean =>
  isPossible(pk, MAX_PK_BYTES) && isPossible(sk, MAX_SK_BYTES);

const isPossible = (text: string, most: number): boolean =>
  text.length > 0 && text.isWellFormed() && Buffer.byteLength(text) <= most;

const checkKey = ({ pk, sk }: ItemKey): number => checkPart("pk", pk, MAX_PK_BYTES) + checkPart("sk", sk, MAX_SK_BYTES);

const checkPart = (what: "pk" | "sk", text: string, most: number): number => {
  const bytes = Buffer.byteLength(text);
  if (bytes < 1 || bytes > most) throw new AppError("VALIDATION", `${what} has 1 to ${most} bytes, not ${bytes}`);
  // A lone surrogate would be stored as U+FFFD, where two different keys could meet.
  if (!text.isWellFormed()) throw new AppError("VALIDATION", `${what} is not well-formed Unicode`);
  return bytes;
};

const name = ({ pk, sk }: ItemKey): string => `item ${pk} / ${sk}`;

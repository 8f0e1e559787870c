import { wireError } from "./wire-error.ts";

/** Nested lists and maps: the deepest Kinesis request has two. */
const MAX_DEPTH = 8;
const INDEFINITE = 31;
const BREAK = 0xff;
/** RFC 8949, section 3.1: the major types. */
const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, list: 4, map: 5, tag: 6, special: 7 } as const;
/** RFC 8949, section 3.4.2. The older AWS SDKs write milliseconds here, not the seconds that the RFC means. */
const EPOCH_TAG = 1;
/** In milliseconds 1973, in seconds the year 5138: what is larger is milliseconds. */
const SECONDS_LIMIT = 1e11;

type Cursor = { bytes: Buffer; at: number };
type Head = { major: number; minor: number; argument: number };

const malformed = (why: string) => wireError("SerializationException", `Malformed CBOR: ${why}.`);
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads one CBOR value that a client sent: the types that AWS SDKs write, and no more. Written here because a general
 * decoder trusts declared lengths, so that a few bytes could claim gigabytes; this one checks each against what is left.
 * Epoch tags become `Date`. @throws WireError SerializationException
 */
export const decodeCbor = (bytes: Buffer): unknown => {
  const cursor = { bytes, at: 0 };
  const value = readValue(cursor, 0);
  if (cursor.at !== bytes.length) throw malformed("bytes after the end");
  return value;
};

const readValue = (cursor: Cursor, depth: number): unknown => {
  if (depth > MAX_DEPTH) throw malformed("nested too deeply");
  const head = readHead(cursor);
  switch (head.major) {
    case MAJOR.unsigned:
      return head.argument;
    case MAJOR.negative:
      return -1 - head.argument;
    case MAJOR.bytes:
      return readBytes(cursor, head);
    case MAJOR.text:
      return readText(readBytes(cursor, head));
    case MAJOR.list:
      return [...readItems(cursor, head, 1, depth)];
    case MAJOR.map:
      return Object.fromEntries(pairs(readItems(cursor, head, 2, depth)));
    case MAJOR.tag:
      return tagged(head.argument, readValue(cursor, depth + 1));
    default:
      return readSpecial(cursor, head);
  }
};

const readHead = (cursor: Cursor): Head => {
  const { bytes } = cursor;
  const first = take(cursor, 1);
  const major = bytes[first]! >> 5;
  const minor = bytes[first]! & 31;
  if (minor < 24 || minor === INDEFINITE) return { major, minor, argument: minor };
  if (minor > 27) throw malformed("reserved length");
  const size = 1 << (minor - 24);
  const at = take(cursor, size);
  const argument = size === 8 ? Number(bytes.readBigUInt64BE(at)) : bytes.readUIntBE(at, size);
  return { major, minor, argument };
};

const readBytes = (cursor: Cursor, head: Head): Buffer => {
  if (head.minor !== INDEFINITE) {
    const at = take(cursor, head.argument);
    return cursor.bytes.subarray(at, at + head.argument);
  }
  const parts: Buffer[] = [];
  while (!takeBreak(cursor)) {
    const part = readHead(cursor);
    if (part.major !== head.major || part.minor === INDEFINITE) throw malformed("a piece of another type");
    parts.push(readBytes(cursor, part));
  }
  return Buffer.concat(parts);
};

const readText = (bytes: Buffer): string => {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed("text that is not UTF-8");
  }
};

/** Every item takes a byte at least, so a count larger than the bytes left is a lie. */
function* readItems(cursor: Cursor, head: Head, perEntry: number, depth: number): Generator<unknown> {
  if (head.minor === INDEFINITE) {
    while (!takeBreak(cursor)) yield readValue(cursor, depth + 1);
    return;
  }
  const count = head.argument * perEntry;
  if (count > cursor.bytes.length - cursor.at) throw malformed("a count beyond the end");
  for (let index = 0; index < count; index++) yield readValue(cursor, depth + 1);
}

function* pairs(items: Generator<unknown>): Generator<[string, unknown]> {
  for (;;) {
    const key = items.next();
    if (key.done) return;
    if (typeof key.value !== "string") throw malformed("a key that is not text");
    const value = items.next();
    if (value.done) throw malformed("a key without a value");
    yield [key.value, value.value];
  }
}

const tagged = (tag: number, value: unknown): unknown => {
  if (tag !== EPOCH_TAG) return value;
  if (typeof value !== "number") throw malformed("a time that is not a number");
  return new Date(Math.abs(value) < SECONDS_LIMIT ? value * 1000 : value);
};

const readSpecial = (cursor: Cursor, head: Head): unknown => {
  const end = cursor.at;
  if (head.minor === 20 || head.minor === 21) return head.minor === 21;
  if (head.minor === 22 || head.minor === 23) return null;
  if (head.minor === 26) return cursor.bytes.readFloatBE(end - 4);
  if (head.minor === 27) return cursor.bytes.readDoubleBE(end - 8);
  throw malformed("an unknown simple value");
};

const takeBreak = (cursor: Cursor): boolean => {
  if (cursor.bytes[cursor.at] !== BREAK) return false;
  cursor.at++;
  return true;
};

/** Moves past `count` bytes and gives where they start. */
const take = (cursor: Cursor, count: number): number => {
  const at = cursor.at;
  if (count > cursor.bytes.length - at) throw malformed("the end comes too early");
  cursor.at += count;
  return at;
};

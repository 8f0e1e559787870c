import { AppError } from "../errors.ts";

/** Little-endian bytes, varints as in protobuf. The array grows; reading past the end throws `CORRUPT`. */
export type Bytes = { bytes: Uint8Array; view: DataView; at: number; end: number; what: string };

export const writer = (capacity: number): Bytes => over(new Uint8Array(capacity), capacity, "");

/** @param what names the bytes in errors: "head of cpu/i-0abc" */
export const reader = (bytes: Uint8Array, what: string): Bytes => over(bytes, bytes.length, what);

const over = (bytes: Uint8Array, end: number, what: string): Bytes => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  at: 0,
  end,
  what,
});

export const corrupt = (what: string, why: string): AppError => new AppError("CORRUPT", `${what} is corrupt: ${why}`);

/** Makes sure that `size` more bytes can be written. */
export const reserve = (to: Bytes, size: number): void => {
  if (to.at + size <= to.bytes.length) return;
  const grown = new Uint8Array(Math.max(to.bytes.length * 2, to.at + size));
  grown.set(to.bytes);
  to.bytes = grown;
  to.view = new DataView(grown.buffer);
};

/** Room that copies are cut from: an array buffer of its own for every small array costs more than what it holds. */
const SLAB_BYTES = 1 << 16;
let slab = new Uint8Array(0);
let slabUsed = 0;

/** What was written, as a copy: the writer can be used again. It may be a view into a larger buffer. */
export const written = (to: Bytes): Uint8Array => {
  if (to.at > SLAB_BYTES / 8) return to.bytes.slice(0, to.at);
  if (slabUsed + to.at > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    slabUsed = 0;
  }
  const start = slabUsed;
  slab.set(to.bytes.subarray(0, to.at), start);
  slabUsed += to.at;
  return slab.subarray(start, slabUsed);
};

const take = (from: Bytes, size: number): number => {
  const at = from.at;
  if (size < 0 || at + size > from.end) throw corrupt(from.what, `it ends at byte ${from.end}`);
  from.at = at + size;
  return at;
};

export const putU8 = (to: Bytes, value: number): void => {
  to.bytes[to.at++] = value;
};
export const getU8 = (from: Bytes): number => from.bytes[take(from, 1)]!;

const putU32 = (to: Bytes, value: number): void => {
  to.view.setUint32(to.at, value, true);
  to.at += 4;
};
const getU32 = (from: Bytes): number => from.view.getUint32(take(from, 4), true);

export const putF32 = (to: Bytes, value: number): void => {
  to.view.setFloat32(to.at, value, true);
  to.at += 4;
};
export const getF32 = (from: Bytes): number => from.view.getFloat32(take(from, 4), true);

export const putF64 = (to: Bytes, value: number): void => {
  to.view.setFloat64(to.at, value, true);
  to.at += 8;
};
export const getF64 = (from: Bytes): number => from.view.getFloat64(take(from, 8), true);

/** Whole numbers from 0 to 2^53 − 1. */
export const putVarint = (to: Bytes, value: number): void => {
  let rest = value;
  while (rest >= 0x80) {
    to.bytes[to.at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  to.bytes[to.at++] = rest;
};
export const getVarint = (from: Bytes): number => {
  let value = 0;
  for (let scale = 1; scale <= 2 ** 49; scale *= 0x80) {
    const byte = getU8(from);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      if (!Number.isSafeInteger(value)) break;
      return value;
    }
  }
  throw corrupt(from.what, "a number has too many digits");
};

/** Zigzag: small numbers of either sign are short. Magnitudes up to 2^52. */
export const putSigned = (to: Bytes, value: number): void => putVarint(to, value < 0 ? -2 * value - 1 : 2 * value);
export const getSigned = (from: Bytes): number => {
  const code = getVarint(from);
  return code % 2 === 0 ? code / 2 : -(code + 1) / 2;
};

/** One byte of length, then one byte per character: for ASCII names of our own making. */
export const putAscii = (to: Bytes, text: string): void => {
  putU8(to, text.length);
  for (let at = 0; at < text.length; at++) to.bytes[to.at++] = text.charCodeAt(at);
};
const asciiDecoder = new TextDecoder("latin1");
export const getAscii = (from: Bytes): string => {
  const length = getU8(from);
  const at = take(from, length);
  return asciiDecoder.decode(from.bytes.subarray(at, at + length));
};

const encoder = new TextEncoder();
const utf8Decoder = new TextDecoder("utf-8", { fatal: true });
/** Room that a text leaves for the numbers around it, so that these need not ask for theirs. */
const ROOM_BEHIND = 384;

/** UTF-8 behind the number of its bytes. */
export const putText = (to: Bytes, text: string): void => {
  const bytes = encoder.encode(text);
  reserve(to, bytes.length + ROOM_BEHIND);
  putVarint(to, bytes.length);
  putBytes(to, bytes);
};
export const getText = (from: Bytes): string => {
  const bytes = getBytes(from, getVarint(from));
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    throw corrupt(from.what, "a text is not UTF-8");
  }
};

/** Two hex digits per byte, by value. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const LETTER_TO_DIGIT = "a".charCodeAt(0) - 10;
const ZERO = "0".charCodeAt(0);
const hexDigit = (code: number) => (code >= LETTER_TO_DIGIT + 10 ? code - LETTER_TO_DIGIT : code - ZERO);

/** 16 lower-case hex digits as 8 bytes. */
export const putHash = (to: Bytes, hash: string): void => {
  for (let at = 0; at < 16; at += 2) {
    to.bytes[to.at++] = hexDigit(hash.charCodeAt(at)) * 16 + hexDigit(hash.charCodeAt(at + 1));
  }
};
export const getHash = (from: Bytes): string => {
  const at = take(from, 8);
  let hash = "";
  for (let byte = at; byte < at + 8; byte++) hash += HEX[from.bytes[byte]!]!;
  return hash;
};

export const putBytes = (to: Bytes, bytes: Uint8Array): void => {
  to.bytes.set(bytes, to.at);
  to.at += bytes.length;
};
export const getBytes = (from: Bytes, length: number): Uint8Array => {
  const at = take(from, length);
  return from.bytes.subarray(at, at + length);
};

export const putDoubles = (to: Bytes, values: Float64Array): void => {
  for (let at = 0; at < values.length; at++) to.view.setFloat64(to.at + at * 8, values[at]!, true);
  to.at += values.length * 8;
};
const NO_DOUBLES = new Float64Array(0);
export const getDoubles = (from: Bytes, length: number): Float64Array => {
  if (length === 0) return NO_DOUBLES;
  const at = take(from, length * 8);
  const values = new Float64Array(length);
  for (let index = 0; index < length; index++) values[index] = from.view.getFloat64(at + index * 8, true);
  return values;
};

/** Reads magic and version; refuses what is not ours and what a newer release wrote. */
export const getHeader = (from: Bytes, magic: number, newest: number): number => {
  if (from.end < 5 || getU32(from) !== magic) throw corrupt(from.what, "it does not begin with the expected mark");
  const version = getU8(from);
  if (version > newest || version === 0) {
    const found = `${from.what} has format version ${version}`;
    throw new AppError("CORRUPT", `${found}, this release reads up to ${newest}: was it written by a newer release?`);
  }
  return version;
};
export const putHeader = (to: Bytes, magic: number, version: number): void => {
  putU32(to, magic);
  putU8(to, version);
};

import { AppError } from "../../errors.ts";

/**
 * Reads the protobuf wire format (https://protobuf.dev/programming-guides/encoding) from a file that anybody may have made:
 * nothing is read beyond the bounds, nothing is allocated by a length that the file states, and what is no protobuf is an
 * `AppError`. A message is walked field by field; what nobody asks for is skipped by its length.
 */

/** Wire types. Groups (3 and 4) are in no ONNX file. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Numbers of one field in a message; the format allows no more. */
const LARGEST_FIELD = 2 ** 29 - 1;
/** A 64-bit number in groups of seven bits. */
const VARINT_BYTES_MAX = 10;

/** A stretch of the file that holds one message. */
export type Range = { bytes: Uint8Array; start: number; end: number };
/**
 * Called for each field. `number` is a varint's value, signed, exact up to ±2⁵³, and 0 for other forms; `content` is what a
 * length-delimited field holds, and empty for other forms.
 */
export type FieldVisitor = (field: number, number: number, content: Range) => void;

export const damaged = (what: string): AppError => new AppError("VALIDATION", `This is no ONNX file: ${what}.`);

export const wholeOf = (bytes: Uint8Array): Range => ({ bytes, start: 0, end: bytes.length });
export const bytesOf = ({ bytes, start, end }: Range): Uint8Array => bytes.subarray(start, end);

const utf8 = new TextDecoder("utf-8", { fatal: true });
export const textOf = (range: Range): string => {
  try {
    return utf8.decode(bytesOf(range));
  } catch {
    throw damaged("a name in it is not UTF-8");
  }
};

/** @throws AppError VALIDATION when the range holds no protobuf message */
export const visitFields = (range: Range, visit: FieldVisitor): void => {
  const cursor = { at: range.start };
  while (cursor.at < range.end) {
    const key = varint(range, cursor);
    const [field, wire] = [Math.floor(key / 8), key % 8];
    if (!(field >= 1 && field <= LARGEST_FIELD)) throw damaged("a field of it has no number");
    if (wire === VARINT) visit(field, varint(range, cursor), NOTHING);
    else if (wire === LENGTH_DELIMITED) visit(field, 0, skip(range, cursor, varint(range, cursor)));
    else if (wire === FIXED32) skip(range, cursor, 4);
    else if (wire === FIXED64) skip(range, cursor, 8);
    else throw damaged(`a field of it has wire type ${wire}`);
  }
};

/** The whole numbers that a repeated field holds: one in the plain form, any number in the packed one. */
export const numbersOf = (number: number, content: Range, visit: (number: number) => void): void => {
  if (content === NOTHING) visit(number);
  const cursor = { at: content.start };
  while (cursor.at < content.end) visit(varint(content, cursor));
};

const NOTHING: Range = { bytes: new Uint8Array(0), start: 0, end: 0 };
type Cursor = { at: number };

const skip = ({ bytes, end }: Range, cursor: Cursor, length: number): Range => {
  const start = cursor.at;
  if (!(length >= 0 && length <= end - start)) throw damaged("it ends too early, as if it had been cut off");
  cursor.at += length;
  return { bytes, start, end: cursor.at };
};

/** As a signed 64-bit number, which is how ONNX writes −1. */
const varint = ({ bytes, end }: Range, cursor: Cursor): number => {
  let low = 0;
  let high = 0;
  for (let index = 0; index < VARINT_BYTES_MAX; index++) {
    if (cursor.at >= end) throw damaged("it ends within a number, as if it had been cut off");
    const byte = bytes[cursor.at++]!;
    const bits = byte & 127;
    if (index < 4) low |= bits << (7 * index);
    else if (index === 4) {
      low |= bits << 28;
      high = bits >> 4;
    } else high |= bits << (7 * index - 32);
    if (byte < 128) return (high | 0) * 2 ** 32 + (low >>> 0);
  }
  throw damaged("a number in it does not end");
};

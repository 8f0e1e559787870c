import {
  getSigned,
  getVarint,
  putBytes,
  putSigned,
  putU8,
  putVarint,
  reader,
  reserve,
  writer,
} from "../store/binary.ts";

/**
 * When the lines of an archive object arrived: kept as a last, empty member of the gzip file, in its header's extra field
 * (RFC 1952, 2.3.1.1). Whatever unpacks the file gives the lines and no more.
 */

const EMPTY_BLOCK = [0x03, 0x00];
/** CRC and size of nothing. */
const TRAILER_BYTES = 8;
/** Two bytes of magic, method, flags, time, level, system; then the length of the extra field. */
const HEADER = [0x1f, 0x8b, 0x08, 0x04, 0, 0, 0, 0, 0, 0xff];
const LENGTH_BYTES = 2;
/** "TW" and the length of what follows. */
const FIELD_BYTES = 4;
const [T, W] = [0x54, 0x57];
const END_BYTES = EMPTY_BLOCK.length + TRAILER_BYTES;
const MAX_FIELD = 0xffff - FIELD_BYTES;
const MAX_RUN_BYTES = 20;

/** Appends the times to a gzip file. Times too many for the field are left out: then only the hour is known. */
export const withArrivals = (packed: Uint8Array, arrivals: readonly number[]): Uint8Array => {
  const times = encode(arrivals);
  if (times.length + LENGTH_BYTES > MAX_FIELD) return packed;
  const field = times.length + LENGTH_BYTES;
  const to = writer(packed.length + HEADER.length + LENGTH_BYTES + FIELD_BYTES + field + END_BYTES);
  putBytes(to, packed);
  putBytes(to, Uint8Array.from(HEADER));
  putU16(to, field + FIELD_BYTES);
  putBytes(to, Uint8Array.of(T, W));
  putU16(to, field);
  putBytes(to, times);
  // Again, so that it is found from the end.
  putU16(to, field);
  putBytes(to, Uint8Array.from([...EMPTY_BLOCK, ...new Array(TRAILER_BYTES).fill(0)]));
  return to.bytes.subarray(0, to.at);
};

/** The times, one per line; `undefined` for an object without them. */
export const arrivalsOf = (packed: Uint8Array): Float64Array | undefined => {
  const fieldEnd = packed.length - END_BYTES;
  if (fieldEnd < HEADER.length + LENGTH_BYTES + FIELD_BYTES + LENGTH_BYTES) return undefined;
  const field = packed[fieldEnd - 2]! + packed[fieldEnd - 1]! * 256;
  const from = fieldEnd - field;
  const start = from - FIELD_BYTES - LENGTH_BYTES - HEADER.length;
  if (field <= LENGTH_BYTES || start < 0) return undefined;
  const marks = [...HEADER, (field + FIELD_BYTES) & 0xff, (field + FIELD_BYTES) >> 8, T, W, field & 0xff, field >> 8];
  if (marks.some((byte, at) => packed[start + at] !== byte)) return undefined;
  return decode(packed.subarray(from, fieldEnd - LENGTH_BYTES));
};

const putU16 = (to: ReturnType<typeof writer>, value: number): void => {
  putU8(to, value & 0xff);
  putU8(to, value >> 8);
};

/** Runs of lines that arrived at one time: by how much later than the run before, and how many. */
const encode = (arrivals: readonly number[]): Uint8Array => {
  const to = writer(64);
  let before = 0;
  for (let from = 0; from < arrivals.length; ) {
    let end = from + 1;
    while (end < arrivals.length && arrivals[end] === arrivals[from]) end++;
    reserve(to, MAX_RUN_BYTES);
    putSigned(to, arrivals[from]! - before);
    putVarint(to, end - from);
    before = arrivals[from]!;
    from = end;
  }
  return to.bytes.subarray(0, to.at);
};

const decode = (bytes: Uint8Array): Float64Array => {
  const from = reader(bytes, "the arrival times of an archive object");
  const all: number[] = [];
  for (let arrivalMs = 0; from.at < from.end; ) {
    arrivalMs += getSigned(from);
    for (let left = getVarint(from); left > 0; left--) all.push(arrivalMs);
  }
  return Float64Array.from(all);
};

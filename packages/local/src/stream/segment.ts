import { AppError } from "@tidewatch/core/errors";

/**
 * Packed records of one shard, one row of the file: a row costs some ten microseconds, so a record must not have its own.
 *
 *   0  u32  magic "TWSG"          8  u32 × n  end of each record, from the start of the segment
 *   4  u16  version               …  u16 × n  bytes of its partition key
 *   6  u16  n                     …  records: partition key, then data
 *
 * Little-endian throughout.
 */
const MAGIC = 0x47_53_57_54;
const VERSION = 1;
const HEADER_BYTES = 8;
const DIRECTORY_BYTES_PER_RECORD = 6;

/** Of the header's u16. */
export const MAX_SEGMENT_RECORDS = 65_535;
/** A reader loads a segment as a whole, so it is kept about as large as a consumer's batch. */
export const TARGET_SEGMENT_BYTES = 256 * 1024;

export type Packable = { partitionKey: string; data: Uint8Array };

export const packSegment = (records: readonly Packable[]): Buffer => {
  const count = records.length;
  const keyBytes = new Uint16Array(count);
  let bytes = HEADER_BYTES + count * DIRECTORY_BYTES_PER_RECORD;
  for (let i = 0; i < count; i++) {
    const { partitionKey, data } = records[i]!;
    keyBytes[i] = Buffer.byteLength(partitionKey);
    bytes += keyBytes[i]! + data.length;
  }
  const packed = Buffer.allocUnsafe(bytes);
  packed.writeUInt32LE(MAGIC, 0);
  packed.writeUInt16LE(VERSION, 4);
  packed.writeUInt16LE(count, 6);
  let at = HEADER_BYTES + count * DIRECTORY_BYTES_PER_RECORD;
  for (let i = 0; i < count; i++) {
    const { partitionKey, data } = records[i]!;
    packed.write(partitionKey, at, "utf8");
    packed.set(data, at + keyBytes[i]!);
    at += keyBytes[i]! + data.length;
    packed.writeUInt32LE(at, HEADER_BYTES + i * 4);
    packed.writeUInt16LE(keyBytes[i]!, HEADER_BYTES + count * 4 + i * 2);
  }
  return packed;
};

/** A record of a packed segment. `data` is a view of the segment's bytes. */
export const unpackRecord = (segment: Buffer, index: number): Packable => {
  const count = segment.readUInt16LE(6);
  const start = index === 0 ? HEADER_BYTES + count * DIRECTORY_BYTES_PER_RECORD : endOf(segment, index - 1);
  const dataStart = start + segment.readUInt16LE(HEADER_BYTES + count * 4 + index * 2);
  return {
    partitionKey: segment.toString("utf8", start, dataStart),
    data: segment.subarray(dataStart, endOf(segment, index)),
  };
};

/** Where the data of a record stand in the packed segment: from, to. */
export const dataBounds = (segment: Buffer, index: number): [from: number, to: number] => {
  const count = segment.readUInt16LE(6);
  const start = index === 0 ? HEADER_BYTES + count * DIRECTORY_BYTES_PER_RECORD : endOf(segment, index - 1);
  return [start + segment.readUInt16LE(HEADER_BYTES + count * 4 + index * 2), endOf(segment, index)];
};

/** @throws AppError CORRUPT when the bytes are no whole segment of a version that this program reads */
export const checkSegment = (segment: Buffer, count: number, where: string): void => {
  if (segment.length < HEADER_BYTES || segment.readUInt32LE(0) !== MAGIC) {
    throw new AppError("CORRUPT", `${where} holds a segment that cannot be read: restore the file from a copy`);
  }
  const version = segment.readUInt16LE(4);
  if (version !== VERSION) {
    throw new AppError("CORRUPT", `${where} holds segments of version ${version}, this program reads ${VERSION}`);
  }
  const directoryEnd = HEADER_BYTES + count * DIRECTORY_BYTES_PER_RECORD;
  const fits = count > 0 && segment.readUInt16LE(6) === count && segment.length >= directoryEnd;
  const whole = fits && endOf(segment, count - 1) === segment.length;
  if (!whole) throw new AppError("CORRUPT", `${where} holds a segment that is cut off: restore the file from a copy`);
};

const endOf = (segment: Buffer, index: number): number => segment.readUInt32LE(HEADER_BYTES + index * 4);

import { RowState } from "../feature/rows.ts";
import { FLOAT32_MAX } from "../model/float32.ts";
import { storedGrade } from "../score/threshold.ts";
import {
  type Bytes,
  corrupt,
  getF32,
  getF64,
  getHash,
  getHeader,
  getSigned,
  getU8,
  getVarint,
  putF32,
  putF64,
  putHash,
  putHeader,
  putSigned,
  putU8,
  putVarint,
  reader,
  reserve,
} from "./binary.ts";

/** "TWPT" read as a little-endian number. */
const MAGIC = 0x54505754;
/** 2: what the rows are. */
const VERSION = 2;
/** Flags of a row: state in the two lowest bits. */
const STATE_BITS = 3;
const ANOMALY = 4;
const SUPPRESSED = 8;
const HAS_EXPECTED = 16;
const KNOWN_FLAGS = 31;
/** Of a chunk that has none before it. */
export const NO_LINK = "0000000000000000";

/**
 * What the points of one chunk share. A chunk is a header and rows to its end; appending a row is appending bytes. Rows
 * of a series are numbered, and `link` is the id of this series' chunk before, so that a reader can tell its chunks from
 * those of an attempt that lost a race.
 */
export type ChunkHeader = {
  features: number;
  baseMs: number;
  firstRow: number;
  link: string;
  /** What its rows are; NO_LINK in chunks of format version 1. */
  rowsHash: string;
  /** 0: no model yet, or none ever. */
  modelVersion: number;
  configHash: string;
  threshold: number;
};

/** A row as it is stored. `score` counts for scored rows only; `expected` and `band` (half its width) may be unknown. */
export type PointRow = {
  timestampMs: number;
  state: RowState;
  isAnomaly: boolean;
  isSuppressed: boolean;
  score: number;
};

/** What was expected of a row, per feature, when anything was. Of a band that is not symmetric the wider half is stored. */
export type ExpectedRow = { isExpected: boolean; expected: Float64Array; lower: Float64Array; upper: Float64Array };

/** A row as it is read, `row` its running number. NaN is unknown or missing. `grade` is above 0 for anomalies only. */
export type Point = {
  row: number;
  timestampMs: number;
  state: RowState;
  score: number;
  threshold: number;
  grade: number;
  isSuppressed: boolean;
  values: number[];
  expected: number[];
  band: number[];
  rowsHash: string;
  modelVersion: number;
  configHash: string;
};
export type Chunk = ChunkHeader & { points: Point[] };

/** Largest bytes of a header and of a row with this many features. */
const HEADER_BYTES = 64;
const rowBytes = (features: number) => 16 + 16 * features;

export const startChunk = (to: Bytes, header: ChunkHeader): void => {
  reserve(to, HEADER_BYTES);
  putHeader(to, MAGIC, VERSION);
  putVarint(to, header.features);
  putVarint(to, header.baseMs);
  putVarint(to, header.firstRow);
  putHash(to, header.link);
  putHash(to, header.rowsHash);
  putVarint(to, header.modelVersion);
  putHash(to, header.configHash);
  putF64(to, header.threshold);
};

/** Appends a row; `previousMs` is the time of the row before it in the chunk, or the chunk's base. */
export const appendPoint = (
  to: Bytes,
  previousMs: number,
  row: PointRow,
  values: Float64Array,
  valuesAt: number,
  { isExpected, expected, lower, upper }: ExpectedRow,
  features: number,
): void => {
  reserve(to, rowBytes(features));
  putSigned(to, row.timestampMs - previousMs);
  const flags = (row.isAnomaly ? ANOMALY : 0) | (row.isSuppressed ? SUPPRESSED : 0) | (isExpected ? HAS_EXPECTED : 0);
  putU8(to, row.state | flags);
  if (row.state === RowState.scored) putF32(to, row.score);
  for (let feature = 0; feature < features; feature++) putF64(to, values[valuesAt + feature]!);
  if (!isExpected) return;
  for (let feature = 0; feature < features; feature++) putF32(to, bounded(expected[feature]!));
  for (let feature = 0; feature < features; feature++) {
    const centre = expected[feature]!;
    putF32(to, bounded(Math.max(upper[feature]! - centre, centre - lower[feature]!)));
  }
};

/** A float32 that stays finite. */
const bounded = (value: number) => Math.max(-FLOAT32_MAX, Math.min(FLOAT32_MAX, value));

/** @param what names the chunk in errors */
export const readChunk = (bytes: Uint8Array, what: string): Chunk => {
  const from = reader(bytes, what);
  const header = getChunkHeader(from);
  const points: Point[] = [];
  let timestampMs = header.baseMs;
  while (from.at < from.end) {
    timestampMs += getSigned(from);
    points.push(getPoint(from, header, header.firstRow + points.length, timestampMs));
  }
  return { ...header, points };
};

/** The header alone. */
export const readChunkHeader = (bytes: Uint8Array, what: string): ChunkHeader => getChunkHeader(reader(bytes, what));

const getChunkHeader = (from: Bytes): ChunkHeader => {
  const version = getHeader(from, MAGIC, VERSION);
  return {
    features: getVarint(from),
    baseMs: getVarint(from),
    firstRow: getVarint(from),
    link: getHash(from),
    rowsHash: version < 2 ? NO_LINK : getHash(from),
    modelVersion: getVarint(from),
    configHash: getHash(from),
    threshold: getF64(from),
  };
};

const getPoint = (from: Bytes, header: ChunkHeader, row: number, timestampMs: number): Point => {
  const { features, threshold, rowsHash, modelVersion, configHash } = header;
  const flags = getU8(from);
  if (flags > KNOWN_FLAGS) throw corrupt(from.what, `unknown flags ${flags} at byte ${from.at - 1}`);
  const state = (flags & STATE_BITS) as RowState;
  const score = state === RowState.scored ? getF32(from) : Number.NaN;
  const values = numbers(features, () => getF64(from));
  const isExpectedKnown = (flags & HAS_EXPECTED) !== 0;
  const next = isExpectedKnown ? () => getF32(from) : () => Number.NaN;
  const expected = numbers(features, next);
  const band = numbers(features, next);
  const grade = flags & ANOMALY ? storedGrade(score, threshold) : 0;
  const isSuppressed = (flags & SUPPRESSED) !== 0;
  return {
    row,
    timestampMs,
    state,
    score,
    threshold,
    grade,
    isSuppressed,
    values,
    expected,
    band,
    rowsHash,
    modelVersion,
    configHash,
  };
};

const numbers = (length: number, next: () => number): number[] => {
  const all: number[] = new Array(length);
  for (let at = 0; at < length; at++) all[at] = next();
  return all;
};

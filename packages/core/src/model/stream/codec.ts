import {
  type Bytes,
  corrupt,
  getF32,
  getF64,
  getHeader,
  getU8,
  getVarint,
  putF32,
  putF64,
  putHeader,
  putU8,
  putVarint,
  reader,
  writer,
  written,
} from "../../store/binary.ts";
import { BINS, type Novelty, PROTOTYPES } from "./novelty.ts";
import type { Season } from "./season.ts";
import { freshStream, type StreamState } from "./state.ts";
import { RECENT, VIEWS } from "./views.ts";

/** "TWST" read as a little-endian number. */
const MAGIC = 0x54535754;
const VERSION = 1;
/** Above what the longest varints would take: 8 bytes for each number. */
const CAPACITY = 8 * (64 + RECENT + VIEWS.length * (PROTOTYPES + BINS + 8));

const scratch = writer(CAPACITY);

/** The state as bytes, 1.0 to 1.5 KB once it is full. Equal states have equal bytes. */
export const encodeStream = (state: StreamState): Uint8Array => {
  const to = scratch;
  to.at = 0;
  putHeader(to, MAGIC, VERSION);
  putVarint(to, state.rows);
  putF64(to, state.origin);
  putF32(to, state.level);
  putF32(to, state.spreadFloor);
  putF32(to, state.held);
  putF32(to, state.alarms);
  putU8(to, state.pausedRows);
  putU8(to, state.quietRows);
  putU8(to, state.filled);
  for (let back = state.filled - 1; back >= 0; back--) {
    putF32(to, state.recent[(state.newest - back + RECENT) % RECENT]!);
  }
  putSeason(to, state.season);
  for (const view of state.views) putNovelty(to, view);
  return written(to);
};

/** One state per feature, one after the other. */
export const encodeStates = (states: readonly StreamState[]): Uint8Array => {
  const encoded = states.map(encodeStream);
  const bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const one of encoded) {
    view.setUint32(at, one.length, true);
    bytes.set(one, at + 4);
    at += 4 + one.length;
  }
  return bytes;
};

/** Throws `CORRUPT` when these are not the states of so many features. */
export const decodeStates = (bytes: Uint8Array, features: number, what: string): StreamState[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const states: StreamState[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = view.getUint32(at, true);
    states.push(decodeStream(bytes.subarray(at + 4, at + 4 + length), what));
    at += 4 + length;
  }
  if (at !== bytes.length || states.length !== features) {
    throw corrupt(what, `${states.length} states in ${bytes.length} bytes for ${features} features`);
  }
  return states;
};

/** Throws `CORRUPT` on anything that `encodeStream` cannot have written. @param what names the bytes in errors */
export const decodeStream = (bytes: Uint8Array, what: string): StreamState => {
  const from = reader(bytes, what);
  getHeader(from, MAGIC, VERSION);
  const state = freshStream();
  state.rows = getVarint(from);
  state.origin = finite(from, getF64(from));
  state.level = finite(from, getF32(from));
  state.spreadFloor = finite(from, getF32(from));
  state.held = finite(from, getF32(from));
  state.alarms = finite(from, getF32(from));
  state.pausedRows = getU8(from);
  state.quietRows = getU8(from);
  state.filled = atMost(from, getU8(from), RECENT);
  for (let index = 0; index < state.filled; index++) state.recent[index] = finite(from, getF32(from));
  state.newest = (state.filled + RECENT - 1) % RECENT;
  getSeason(from, state.season);
  for (const view of state.views) getNovelty(from, view);
  if (from.at !== from.end) throw corrupt(what, `${from.end - from.at} bytes are left over`);
  return state;
};

const putSeason = (to: Bytes, season: Season): void => {
  for (const mean of season.hours) putF32(to, mean);
  for (const offset of season.weekdays) putF32(to, offset);
  // 0 stands for none.
  putU8(to, season.hour + 1);
  putF32(to, season.hourSum);
  putVarint(to, season.hourRows);
  putU8(to, season.weekday + 1);
  putF32(to, season.weekdaySum);
  putVarint(to, season.weekdayRows);
  putF32(to, season.level);
  putVarint(to, season.compared);
  putF32(to, season.plainError);
  putF32(to, season.seasonalError);
};

/** Fills a fresh season. */
const getSeason = (from: Bytes, season: Season): void => {
  for (const hour of season.hours.keys()) {
    const mean = finiteOrNone(from, getF32(from));
    season.hours[hour] = mean;
    if (!Number.isNaN(mean)) season.known++;
  }
  for (const weekday of season.weekdays.keys()) season.weekdays[weekday] = finite(from, getF32(from));
  season.hour = atMost(from, getU8(from), season.hours.length) - 1;
  season.hourSum = finite(from, getF32(from));
  season.hourRows = getVarint(from);
  season.weekday = atMost(from, getU8(from), season.weekdays.length) - 1;
  season.weekdaySum = finite(from, getF32(from));
  season.weekdayRows = getVarint(from);
  season.level = finite(from, getF32(from));
  season.compared = getVarint(from);
  season.plainError = finite(from, getF32(from));
  season.seasonalError = finite(from, getF32(from));
};

const putNovelty = (to: Bytes, { prototypes, count, histogram, end, anchor }: Novelty): void => {
  putF32(to, anchor);
  putU8(to, count);
  let last = 0;
  for (let index = 0; index < count; index++) {
    const order = orderOf(prototypes[index]!);
    putVarint(to, order - last);
    last = order;
  }
  putVarint(to, histogram[0]!);
  let first = 1;
  while (first < end && histogram[first] === 0) first++;
  putU8(to, first);
  putU8(to, Math.max(end, first));
  for (let bin = first; bin < end; bin++) putVarint(to, histogram[bin]!);
};

/** Fills a fresh memory. */
const getNovelty = (from: Bytes, novelty: Novelty): void => {
  novelty.anchor = finiteOrNone(from, getF32(from));
  novelty.count = atMost(from, getU8(from), PROTOTYPES);
  let order = 0;
  for (let index = 0; index < novelty.count; index++) {
    const gap = getVarint(from);
    if (gap === 0) throw corrupt(from.what, "a prototype is there twice");
    order = atMost(from, order + gap, 2 ** 32 - 1);
    novelty.prototypes[index] = finite(from, atOrder(order));
  }
  countBin(novelty, 0, getVarint(from));
  const first = getU8(from);
  const end = atMost(from, getU8(from), BINS);
  for (let bin = first; bin < end; bin++) countBin(novelty, bin, getVarint(from));
};

const countBin = (novelty: Novelty, bin: number, count: number): void => {
  novelty.histogram[bin] = count;
  novelty.total += novelty.histogram[bin]!;
  if (count > 0) novelty.end = bin + 1;
};

/** The place of a float32 among all float32 numbers in ascending order: neighbours in value have short differences. */
const orderOf = (value: number): number => {
  float[0] = value;
  const bits = asBits[0]!;
  return bits >= SIGN ? 2 ** 32 - 1 - bits : bits + SIGN;
};
const atOrder = (order: number): number => {
  asBits[0] = order >= SIGN ? order - SIGN : 2 ** 32 - 1 - order;
  return float[0]!;
};
const SIGN = 2 ** 31;
const float = new Float32Array(1);
const asBits = new Uint32Array(float.buffer);

const finite = (from: Bytes, value: number): number => {
  if (!Number.isFinite(value)) throw corrupt(from.what, `${value} is not a finite number`);
  return value;
};

const finiteOrNone = (from: Bytes, value: number): number => (Number.isNaN(value) ? value : finite(from, value));

const atMost = (from: Bytes, value: number, most: number): number => {
  if (value > most) throw corrupt(from.what, `${value} is more than ${most}`);
  return value;
};

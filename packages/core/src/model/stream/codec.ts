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
import { BINS, freshNovelty, type Novelty, PROTOTYPES } from "./novelty.ts";
import { freshStream, type StreamState } from "./state.ts";
import { RECENT } from "./views.ts";

/** "TWST" read as a little-endian number. */
const MAGIC = 0x54535754;
const VERSION = 1;
/** Above every possible length: per view all prototypes, and all bins with the longest counts. */
const CAPACITY = 64 + 4 * (RECENT + 4 * (PROTOTYPES + 16 + 2 * BINS));

const scratch = writer(CAPACITY);

/** The state as bytes, about 1.2 KB once it is full. Equal states have equal bytes. */
export const encodeStream = (state: StreamState): Uint8Array => {
  const to = scratch;
  to.at = 0;
  putHeader(to, MAGIC, VERSION);
  putVarint(to, state.rows);
  putF64(to, state.origin);
  putF64(to, state.level);
  putF32(to, state.held);
  putF32(to, state.alarms);
  putU8(to, state.filled);
  for (let back = state.filled - 1; back >= 0; back--) {
    putF32(to, state.recent[(state.newest - back + RECENT) % RECENT]!);
  }
  for (const view of state.views) putNovelty(to, view);
  return written(to);
};

/** Throws `CORRUPT` on anything that `encodeStream` cannot have written. @param what names the bytes in errors */
export const decodeStream = (bytes: Uint8Array, what: string): StreamState => {
  const from = reader(bytes, what);
  getHeader(from, MAGIC, VERSION);
  const state = freshStream();
  state.rows = getVarint(from);
  state.origin = finite(from, getF64(from));
  state.level = finite(from, getF64(from));
  state.held = finite(from, getF32(from));
  state.alarms = finite(from, getF32(from));
  state.filled = atMost(from, getU8(from), RECENT);
  for (let index = 0; index < state.filled; index++) state.recent[index] = finite(from, getF32(from));
  state.newest = (state.filled + RECENT - 1) % RECENT;
  for (const index of state.views.keys()) state.views[index] = getNovelty(from);
  if (from.at !== from.end) throw corrupt(what, `${from.end - from.at} bytes are left over`);
  return state;
};

const putNovelty = (to: Bytes, { prototypes, count, histogram, record, anchor }: Novelty): void => {
  putF32(to, record);
  putF32(to, anchor);
  putU8(to, count);
  for (let index = 0; index < count; index++) putF32(to, prototypes[index]!);
  let used = 0;
  for (let bin = 0; bin < BINS; bin++) if (histogram[bin]! > 0) used++;
  putU8(to, used);
  for (let bin = 0; bin < BINS; bin++) {
    if (histogram[bin] === 0) continue;
    putU8(to, bin);
    putVarint(to, histogram[bin]!);
  }
};

const getNovelty = (from: Bytes): Novelty => {
  const novelty = freshNovelty();
  novelty.record = finite(from, getF32(from));
  novelty.anchor = getF32(from);
  novelty.count = atMost(from, getU8(from), PROTOTYPES);
  for (let index = 0; index < novelty.count; index++) {
    novelty.prototypes[index] = finite(from, getF32(from));
    if (index > 0 && novelty.prototypes[index]! <= novelty.prototypes[index - 1]!) {
      throw corrupt(from.what, "prototypes are not in order");
    }
  }
  let next = 0;
  for (let used = atMost(from, getU8(from), BINS); used > 0; used--) {
    const bin = atMost(from, getU8(from), BINS - 1);
    if (bin < next) throw corrupt(from.what, "bins are not in order");
    novelty.histogram[bin] = getVarint(from);
    novelty.total += novelty.histogram[bin]!;
    next = bin + 1;
  }
  return novelty;
};

const finite = (from: Bytes, value: number): number => {
  if (!Number.isFinite(value)) throw corrupt(from.what, `${value} is not a finite number`);
  return value;
};

const atMost = (from: Bytes, value: number, most: number): number => {
  if (value > most) throw corrupt(from.what, `${value} is more than ${most}`);
  return value;
};

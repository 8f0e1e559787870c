import { corrupt } from "../store/binary.ts";
import type { DatasetSeries } from "./dataset.ts";
import { DatasetRow, type SeriesRows } from "./series-rows.ts";

/** "TWDS" read as a little-endian number. */
const MAGIC = 0x53445754;
const VERSION = 1;
/** Header of the file, and of each series: four numbers of four bytes. */
const HEADER_BYTES = 16;
const HAS_LABELS = 1;
/** Stored for a row that no label speaks of. */
const UNKNOWN = -1;
/** An object of a dataset has at most so many bytes: larger ones would be copied whole to be written. */
export const PART_BYTES = 4 * 1024 * 1024;

/** Columns stand at multiples of eight bytes, so that they are read where they lie. */
const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

export type DatasetParts = { bytes: number; series: number; rows: number; parts: Uint8Array[] };

/**
 * Writes series one after the other, cut into objects of `PART_BYTES` wherever the cut falls: header, then of each series
 * its header, entity, times, values (row-major), kinds and labels. Little-endian; the same rows give the same bytes.
 */
export const datasetWriter = (features: number) => {
  const parts: Uint8Array[] = [];
  let room = new Uint8Array(0);
  let used = 0;
  let bytes = 0;
  let series = 0;
  let rows = 0;
  const put = (source: Uint8Array): void => {
    bytes += source.length;
    for (let from = 0; from < source.length; ) {
      if (used === PART_BYTES) close();
      const size = Math.min(source.length - from, PART_BYTES - used);
      if (used + size > room.length) grow(used + size);
      room.set(source.subarray(from, from + size), used);
      used += size;
      from += size;
    }
  };
  const grow = (needed: number): void => {
    const larger = new Uint8Array(Math.min(PART_BYTES, Math.max(needed, room.length * 2)));
    larger.set(room.subarray(0, used));
    room = larger;
  };
  const close = (): void => {
    parts.push(room.subarray(0, used));
    room = new Uint8Array(0);
    used = 0;
  };
  const align = (): void => put(new Uint8Array(padded(bytes) - bytes));
  const putNumbers = (...numbers: number[]): void => put(bytesOf(Uint32Array.from(numbers)));

  putNumbers(MAGIC, VERSION, features, 0);
  return {
    /** @param labels 1, 0 or −1 (unknown) for each row, if there is any */
    add(entity: string, one: SeriesRows, labels: Int8Array | undefined): void {
      const name = new TextEncoder().encode(entity);
      putNumbers(one.count, name.length, labels ? HAS_LABELS : 0, 0);
      put(name);
      align();
      put(bytesOf(one.timestamps));
      put(bytesOf(one.values));
      put(one.kinds);
      align();
      if (labels) put(bytesOf(labels));
      align();
      series++;
      rows += one.usable;
    },
    end(): DatasetParts {
      close();
      return { bytes, series, rows, parts };
    },
  };
};

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/**
 * Series as families learn from them. What is no array of numbers is made when a series is looked at, and kept for the last
 * one only: ten million rows as objects would take gigabytes.
 * @throws AppError CORRUPT
 */
export const decodeDataset = (bytes: Uint8Array<ArrayBuffer>, features: number, what: string): DatasetSeries[] => {
  const { buffer } = bytes;
  if (bytes.byteOffset % 8 !== 0) throw corrupt(what, "it does not lie at a multiple of eight bytes");
  let at = bytes.byteOffset;
  const end = at + bytes.length;
  const take = (size: number): number => {
    const from = at;
    at += padded(size);
    if (at > end) throw corrupt(what, `it ends at byte ${bytes.length}`);
    return from;
  };
  const [magic, version, width] = new Uint32Array(buffer, take(HEADER_BYTES), 4);
  if (magic !== MAGIC || version !== VERSION) throw corrupt(what, "it is no dataset that this release reads");
  if (width !== features) throw corrupt(what, `its rows have ${width} values, not ${features}`);
  const all: DatasetSeries[] = [];
  const lazily = lastOnly();
  while (at < end) {
    const [count = 0, nameBytes = 0, flags = 0] = new Uint32Array(buffer, take(HEADER_BYTES), 4);
    const entity = new TextDecoder().decode(new Uint8Array(buffer, take(nameBytes), nameBytes));
    const timestamps = new Float64Array(buffer, take(8 * count), count);
    const values = new Float64Array(buffer, take(8 * count * features), count * features);
    const kinds = new Uint8Array(buffer, take(count), count);
    const labels = flags & HAS_LABELS ? new Int8Array(buffer, take(count), count) : undefined;
    all.push(seriesOf(entity, timestamps, { values, kinds, labels, features }, lazily));
  }
  return all;
};

type Columns = { values: Float64Array; kinds: Uint8Array; labels: Int8Array | undefined; features: number };
type Made = Pick<DatasetSeries, "rows"> & { imputed: boolean[]; labels: (0 | 1 | null)[] };

const seriesOf = (
  entity: string,
  timestamps: Float64Array,
  columns: Columns,
  lazily: (of: Columns) => Made,
): DatasetSeries => {
  const series = {
    entity,
    timestamps,
    get rows() {
      return lazily(columns).rows;
    },
    get imputed() {
      return lazily(columns).imputed;
    },
  };
  if (!columns.labels) return series;
  return Object.defineProperty(series, "labels", { enumerable: true, get: () => lazily(columns).labels });
};

const lastOnly = () => {
  let last: { of: Columns; made: Made } | undefined;
  return (of: Columns): Made => {
    if (last?.of !== of) last = { of, made: madeOf(of) };
    return last.made;
  };
};

const madeOf = ({ values, kinds, labels, features }: Columns): Made => ({
  rows: Array.from(kinds, (kind, row) =>
    kind === DatasetRow.break ? null : values.subarray(row * features, (row + 1) * features),
  ),
  imputed: Array.from(kinds, (kind) => kind === DatasetRow.imputed),
  labels: Array.from(labels ?? [], (label) => (label === UNKNOWN ? null : (label as 0 | 1))),
});

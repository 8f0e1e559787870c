import type { Point } from "../store/points.ts";
import type { Table } from "../store/ports.ts";
import { readPoints } from "../store/read-series.ts";

/** Rows of a day at a time: 86,400 of a series with a row a second, some 30 MB, and few queries for one with a row a minute. */
const PART_MS = 24 * 3_600_000;

export type PartsQuery = {
  detectorId: string;
  entity: string;
  /** Inclusive. */
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  /** By how much a row may be older than one that came before it. */
  latenessMs: number;
};

/**
 * The rows of a series in the order of the stream, in parts that fit into memory. Rows lie in the table by their time: those
 * of the end of a part wait for the next one, which may hold rows that came before them.
 */
export async function* readInParts(
  table: Table,
  { detectorId, entity, fromMs, toMs, latenessMs }: PartsQuery,
): AsyncGenerator<Point[]> {
  let held: Point[] = [];
  for (let from = fromMs; from < toMs; from += PART_MS) {
    const to = Math.min(toMs, from + PART_MS);
    const points = await readPoints(table, detectorId, entity, { fromMs: from, toMs: to });
    const known = [...held, ...points].sort((a, b) => a.row - b.row);
    const isLast = to >= toMs;
    const end = isLast ? -1 : known.findIndex(({ timestampMs }) => timestampMs >= to - latenessMs);
    const ready = end < 0 ? known : known.slice(0, end);
    held = end < 0 ? [] : known.slice(end);
    if (ready.length > 0) yield ready;
  }
}

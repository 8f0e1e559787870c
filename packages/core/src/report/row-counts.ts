import { corrupt } from "../store/binary.ts";
import type { Head } from "../store/head.ts";
import { seriesPk, timeKey } from "../store/keys.ts";
import { readChunkHeader } from "../store/points.ts";
import type { Table } from "../store/ports.ts";

/** Rows of a series between times, by the running numbers in the keys of its chunks: no row is read. To within a chunk. */
export const rowsBetween = async (
  table: Table,
  detectorId: string,
  entity: string,
  head: Head,
  bounds: readonly number[],
): Promise<number[]> => {
  const firsts = await Promise.all(bounds.map((ms) => firstRowFrom(table, detectorId, entity, head, ms)));
  return firsts.slice(1).map((first, at) => Math.max(0, first - firsts[at]!));
};

/** Running number of the first row of the first chunk that begins at or after a time. */
const firstRowFrom = async (table: Table, detectorId: string, entity: string, head: Head, ms: number) => {
  const pk = seriesPk(detectorId, entity);
  const [chunk] = await table.query({ pk, from: `CHUNK#${timeKey(ms)}`, to: "CHUNK$", limit: 1 });
  if (chunk) return rowOf(chunk.sk);
  const open = head.chunk.length > 0 ? readChunkHeader(head.chunk, `the open chunk of ${pk}`) : undefined;
  return open && open.baseMs >= ms ? open.firstRow : head.rows;
};

const rowOf = (sk: string): number => {
  const row = Number(sk.split("#")[2]);
  if (!Number.isSafeInteger(row)) throw corrupt(`chunk ${sk}`, "its key has no row");
  return row;
};

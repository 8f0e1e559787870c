import { decodeHead, type Head } from "./head.ts";
import { headKey, seriesListKey, seriesPk, timeKey } from "./keys.ts";
import { type Chunk, type Point, readChunk } from "./points.ts";
import type { Item, Table } from "./ports.ts";

/** Chunks hold rows of one hour of event time, whatever their order in it. */
const HOUR_MS = 3_600_000;
/** The largest time that `timeKey` can hold. */
const END_OF_TIME_MS = 1e15 - 1;
/** Chunks, or series, per range query. */
const PAGE = 200;
/**
 * Closed chunks read beyond the range: each vouches for the one before it, and an attempt that died may have left some at
 * the end of the range.
 */
const VOUCHING = 50;
/** Hex digits at the end of a chunk's key. */
const ID_DIGITS = 16;

export type PointQuery = {
  /** Inclusive. */
  fromMs?: number | undefined;
  /** Exclusive. */
  toMs?: number | undefined;
  /** The newest so many, by the order of the stream. */
  limit?: number | undefined;
};

/** Points of a series by time, ascending; those with the same time in the order of the stream. Empty for no series. */
export const readPoints = async (
  table: Table,
  detectorId: string,
  entity: string,
  { fromMs = 0, toMs = END_OF_TIME_MS, limit = Number.POSITIVE_INFINITY }: PointQuery = {},
): Promise<Point[]> => {
  const [item] = await table.getMany([headKey(detectorId, entity)]);
  if (!item) return [];
  const head = decodeHead(item);
  const open = openChunk(head, item.pk);
  const parts: Chunk[] = [open];
  const countWanted = ({ points }: Chunk) => points.filter(isWithin(fromMs, toMs)).length;
  let found = countWanted(open);
  for await (const chunk of ownChunks(open, closedChunks(table, seriesPk(detectorId, entity), fromMs, toMs))) {
    if (found >= limit) break;
    parts.push(chunk);
    found += countWanted(chunk);
  }
  parts.sort((a, b) => a.firstRow - b.firstRow);
  const points = parts.flatMap((chunk) => chunk.points).filter(isWithin(fromMs, toMs));
  return points.slice(Math.max(0, points.length - limit)).sort((a, b) => a.timestampMs - b.timestampMs);
};

/** The head of a series: counts, incident, state of the window. `undefined` when no event of it has come. */
export const readHead = async (table: Table, detectorId: string, entity: string): Promise<Head | undefined> => {
  const [item] = await table.getMany([headKey(detectorId, entity)]);
  return item && decodeHead(item);
};

export type SeriesHead = { entity: string; head: Head };

/** Series of a detector in the byte order of their entities, after `after`. */
export const listSeries = async (
  table: Table,
  detectorId: string,
  { after, limit = PAGE }: { after?: string | undefined; limit?: number | undefined } = {},
): Promise<SeriesHead[]> => {
  // NUL is the lowest character: what follows it sorts right behind `after`.
  const from = after === undefined ? "" : `${after}\u0000`;
  const listed = await table.query({ pk: seriesListKey(detectorId, "").pk, from, limit });
  const items = await table.getMany(listed.map(({ sk }) => headKey(detectorId, sk)));
  return listed.flatMap(({ sk }, index) => {
    const item = items[index];
    return item ? [{ entity: sk, head: decodeHead(item) }] : [];
  });
};

/** All series of a detector, page by page. */
export async function* allSeries(table: Table, detectorId: string): AsyncGenerator<SeriesHead> {
  let after: string | undefined;
  for (;;) {
    const page = await listSeries(table, detectorId, { after, limit: PAGE });
    yield* page;
    after = page.at(-1)?.entity;
    if (after === undefined) return;
  }
}

const isWithin =
  (fromMs: number, toMs: number) =>
  ({ timestampMs }: { timestampMs: number }) =>
    timestampMs >= fromMs && timestampMs < toMs;

const openChunk = (head: Head, pk: string): Chunk => {
  if (head.chunk.length > 0) return readChunk(head.chunk, `the open chunk of ${pk}`);
  const nothing = { features: 0, baseMs: 0, modelVersion: 0, configHash: "", threshold: 0, points: [] };
  return { ...nothing, firstRow: head.rows, link: head.link };
};

type Stored = { chunk: Chunk; id: string };

/** Pages of closed chunks that may hold rows of the range, newest first, after those that vouch for them. */
async function* closedChunks(table: Table, pk: string, fromMs: number, toMs: number): AsyncGenerator<Stored[]> {
  const hourOf = (ms: number) => Math.floor(Math.max(0, Math.min(ms, END_OF_TIME_MS)) / HOUR_MS) * HOUR_MS;
  const from = `CHUNK#${timeKey(hourOf(fromMs))}`;
  let to = `CHUNK#${timeKey(Math.min(hourOf(toMs - 1) + HOUR_MS, END_OF_TIME_MS))}`;
  const read = ({ sk, bytes }: Item): Stored => ({
    chunk: readChunk(bytes ?? new Uint8Array(0), `chunk ${sk} of ${pk}`),
    id: sk.slice(-ID_DIGITS),
  });
  if (toMs < END_OF_TIME_MS) yield (await table.query({ pk, from: to, to: "CHUNK$", limit: VOUCHING })).map(read);
  let skip = "";
  for (;;) {
    const page = await table.query({ pk, from, to, order: "descending", limit: PAGE });
    yield page.filter(({ sk }) => sk !== skip).map(read);
    if (page.length < PAGE) return;
    // The bound is inclusive: the last one comes again.
    to = page.at(-1)!.sk;
    skip = to;
  }
}

/**
 * Leaves out chunks of an attempt that lost a race for the series and then crashed before it could remove them. They take
 * up row numbers of a newer chunk, or end where one begins without being the one that it names as its forerunner.
 */
async function* ownChunks(open: Chunk, pages: AsyncIterable<Stored[]>): AsyncGenerator<Chunk> {
  let accepted = [{ firstRow: open.firstRow, end: Number.POSITIVE_INFINITY, link: open.link }];
  for await (const page of pages) {
    // By their ends: the one that a known chunk names comes before those that only begin where it does.
    for (const { chunk, id } of page.sort((a, b) => endOf(b.chunk) - endOf(a.chunk))) {
      const { firstRow, link } = chunk;
      const end = endOf(chunk);
      const isLost = accepted.some(
        (newer) => (firstRow < newer.end && newer.firstRow < end) || (newer.firstRow === end && newer.link !== id),
      );
      if (isLost) continue;
      accepted.push({ firstRow, end, link });
      yield chunk;
    }
    accepted = accepted.slice(-2 * PAGE);
  }
}

const endOf = ({ firstRow, points }: Chunk): number => firstRow + points.length;

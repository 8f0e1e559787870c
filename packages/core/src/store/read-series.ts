import { type Chain, chainOf, type StoredChunk } from "./chain.ts";
import { decodeHead, type Head } from "./head.ts";
import { headKey, seriesListKey, timeKey } from "./keys.ts";
import { type Chunk, type Point, readChunk } from "./points.ts";
import type { Item, Table } from "./ports.ts";

/** Chunks hold rows of one hour of event time, whatever their order in it. */
const HOUR_MS = 3_600_000;
/** The largest time that `timeKey` can hold. */
const END_OF_TIME_MS = 1e15 - 1;
/** Chunks, or series, per range query. */
const PAGE = 200;
/** Closed chunks read beyond the range: each vouches for the one before it. */
const VOUCHING = 50;
/** By how much the search for a chunk that vouches is widened at a time. */
const WIDENING = 8;
/** Hex digits at the end of a chunk's key. */
const ID_DIGITS = 16;

export type PointQuery = {
  /** Inclusive. */
  fromMs?: number | undefined;
  /** Exclusive. */
  toMs?: number | undefined;
  /** The newest so many, by the order of the stream. */
  limit?: number | undefined;
  /** Only rows whose running number is below this: goes on where an earlier answer with a limit ended. */
  beforeRow?: number | undefined;
};

/** Points of a series by time, ascending; those with the same time in the order of the stream. Empty for no series. */
export const readPoints = async (
  table: Table,
  detectorId: string,
  entity: string,
  query: PointQuery = {},
): Promise<Point[]> => {
  const { fromMs = 0, toMs = END_OF_TIME_MS, limit = Number.POSITIVE_INFINITY } = query;
  const isWanted = isWithin(fromMs, toMs, query.beforeRow);
  const [item] = await table.getMany([headKey(detectorId, entity)]);
  if (!item) return [];
  const head = decodeHead(item);
  const open = openChunk(head, item.pk);
  const parts: Chunk[] = [open];
  const countWanted = ({ points }: Chunk) => points.filter(isWanted).length;
  let found = countWanted(open);
  for await (const chunks of ownChunks(table, item.pk, open, fromMs, toMs)) {
    parts.push(...chunks);
    for (const chunk of chunks) found += countWanted(chunk);
    if (found >= limit) break;
  }
  parts.sort((a, b) => a.firstRow - b.firstRow);
  const points = parts.flatMap((chunk) => chunk.points).filter(isWanted);
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
  (fromMs: number, toMs: number, beforeRow = Number.POSITIVE_INFINITY) =>
  ({ timestampMs, row }: Point) =>
    timestampMs >= fromMs && timestampMs < toMs && row < beforeRow;

const openChunk = (head: Head, pk: string): Chunk => {
  if (head.chunk.length > 0) return readChunk(head.chunk, `the open chunk of ${pk}`);
  const nothing = { features: 0, baseMs: 0, rowsHash: "", modelVersion: 0, configHash: "", threshold: 0, points: [] };
  return { ...nothing, firstRow: head.rows, link: head.link };
};

/**
 * The series' own closed chunks that may hold rows of the range, and some around it, newest page first. Chunks of an attempt
 * that lost a race for the series and crashed before it could remove them are left out.
 */
async function* ownChunks(
  table: Table,
  pk: string,
  open: Chunk,
  fromMs: number,
  toMs: number,
): AsyncGenerator<Chunk[]> {
  const [from, to] = [startOfHour(fromMs), startOfHour(toMs - 1) + HOUR_MS];
  const later = to < END_OF_TIME_MS ? await vouching(table, pk, to) : [];
  const chain = chainOf(open, later.length === VOUCHING);
  yield chain.take(later);
  for await (const page of closedChunks(table, pk, from, to)) yield chain.take(page);
  yield* widened(table, pk, chain, from, to);
}

const vouching = async (table: Table, pk: string, fromMs: number): Promise<StoredChunk[]> => {
  const items = await table.query({ pk, from: chunkBound(fromMs), to: "CHUNK$", limit: VOUCHING });
  return items.map(storedChunk);
};

/**
 * A chunk may wait for one of another hour: producers on several shards may be hours apart. Looks ever further around the
 * range, until none waits.
 */
async function* widened(table: Table, pk: string, chain: Chain, from: number, to: number): AsyncGenerator<Chunk[]> {
  for (let margin = HOUR_MS; chain.isWaiting() && margin < WIDENING * END_OF_TIME_MS; margin *= WIDENING) {
    const around: StoredChunk[] = [];
    for await (const page of closedChunks(table, pk, from - margin, to + margin)) around.push(...page);
    yield chain.take(around);
  }
}

/** Pages of closed chunks that begin within the range, newest first. */
async function* closedChunks(table: Table, pk: string, fromMs: number, toMs: number): AsyncGenerator<StoredChunk[]> {
  const from = chunkBound(fromMs);
  let to = chunkBound(toMs);
  for (let skip = ""; ; skip = to) {
    const page = await table.query({ pk, from, to, order: "descending", limit: PAGE });
    yield page.filter(({ sk }) => sk !== skip).map(storedChunk);
    if (page.length < PAGE) return;
    // The bound is inclusive: the last one comes again.
    to = page.at(-1)!.sk;
  }
}

const startOfHour = (ms: number) => Math.floor(withinTime(ms) / HOUR_MS) * HOUR_MS;
const chunkBound = (ms: number) => `CHUNK#${timeKey(withinTime(ms))}`;
const withinTime = (ms: number) => Math.max(0, Math.min(ms, END_OF_TIME_MS));

const storedChunk = ({ pk, sk, bytes }: Item): StoredChunk => ({
  sk,
  id: sk.slice(-ID_DIGITS),
  chunk: readChunk(bytes ?? new Uint8Array(0), `chunk ${sk} of ${pk}`),
});

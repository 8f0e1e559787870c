import type { Chunk } from "./points.ts";

/** A closed chunk as it is read; `id` is the last part of its key. */
export type StoredChunk = { sk: string; id: string; chunk: Chunk };

/** Rows that are known to belong to the series, without a gap; `link` is the id of the chunk that must come before. */
type Span = { firstRow: number; end: number; link: string };

/**
 * Tells a series' own chunks from those of attempts that died before they wrote the head. Every chunk names the one before
 * it, so the open chunk vouches for the newest closed one, that one for the next, and so on down.
 */
export type Chain = {
  /** The chunks that are now known to be the series' own, those offered earlier and left open included. */
  take(chunks: readonly StoredChunk[]): Chunk[];
  /** True while chunks wait for one that would vouch for them, or prove them dead. */
  isWaiting(): boolean;
};

/**
 * @param open the open chunk, the newest of the series
 * @param isTopTrusted true when chunks between the newest offered one and the open chunk are not going to be offered: the
 *   newest is then taken without a voucher
 */
export const chainOf = (open: Pick<Chunk, "firstRow" | "link">, isTopTrusted: boolean): Chain => {
  const spans: Span[] = [{ firstRow: open.firstRow, end: Number.POSITIVE_INFINITY, link: open.link }];
  const seen = new Set<string>();
  let waiting: StoredChunk[] = [];

  const judge = ({ id, chunk }: StoredChunk): "own" | "dead" | "waiting" => {
    const { firstRow, link } = chunk;
    const end = endOf(chunk);
    if (spans.some((span) => firstRow < span.end && span.firstRow < end)) return "dead";
    const newer = spans.find((span) => span.firstRow === end);
    if (newer) {
      if (newer.link !== id) return "dead";
      Object.assign(newer, { firstRow, link });
      return "own";
    }
    const isTop = spans.every((span) => span.firstRow < end || span.end === Number.POSITIVE_INFINITY);
    if (!isTopTrusted || !isTop) return "waiting";
    spans.push({ firstRow, end, link });
    return "own";
  };

  return {
    take(chunks) {
      const fresh = chunks.filter(({ sk }) => !seen.has(sk));
      for (const { sk } of fresh) seen.add(sk);
      // By their ends: the one that a known chunk names comes before those that only begin where it does.
      const offered = [...waiting, ...fresh].sort((a, b) => endOf(b.chunk) - endOf(a.chunk));
      waiting = [];
      const own: Chunk[] = [];
      for (const stored of offered) {
        const verdict = judge(stored);
        if (verdict === "own") own.push(stored.chunk);
        if (verdict === "waiting") waiting.push(stored);
      }
      return own;
    },
    isWaiting: () => waiting.length > 0,
  };
};

const endOf = ({ firstRow, points }: Chunk): number => firstRow + points.length;

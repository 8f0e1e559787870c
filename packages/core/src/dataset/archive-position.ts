import { compareSequence } from "../ingest/sequence.ts";
import { countsKey } from "../store/keys.ts";
import type { Table } from "../store/ports.ts";

/** How far consumers are on each shard: sequence numbers by shard. */
export type Position = Record<string, string>;

/** Shards of one query. */
const PAGE = 1000;

/** Up to where rows have been made live. */
export const scoredPosition = async (table: Table): Promise<Position> => {
  const position: Position = {};
  let from = "";
  for (;;) {
    const page = await table.query({ pk: countsKey("score", "").pk, from, limit: PAGE });
    for (const { sk, doc } of page) position[sk] = numberOf(doc);
    if (page.length < PAGE) return position;
    from = `${page.at(-1)!.sk}!`;
  }
};

/** Shards of which the archive lacks records up to there: it gathers for longer than the scorer does. */
export const shardsBehind = async (table: Table, position: Position): Promise<string[]> => {
  const shards = Object.keys(position);
  const items = await table.getMany(shards.map((shardId) => countsKey("archive", shardId)));
  return shards.filter((shardId, at) => compareSequence(numberOf(items[at]?.doc), position[shardId]!) < 0);
};

const numberOf = (doc: string | undefined): string =>
  (JSON.parse(doc ?? "{}") as { sequenceNumber?: string }).sequenceNumber ?? "0";

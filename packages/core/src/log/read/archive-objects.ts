import { archiveFolder } from "../../ingest/archive.ts";
import { compareSequence } from "../../ingest/sequence.ts";
import type { Blobs } from "../../store/ports.ts";

/** An object of archived events, named after the first record in it. */
export type ArchiveObject = { key: string; shardId: string; firstSequence: string };

/** Keys per request, and of one folder at most: an hour has some 60 objects per shard, after an outage more. */
const PAGE = 1000;
const MAX_KEYS = 20_000;
const NAME = /\/([^/]+)-(\d+)\.ndjson\.gz$/;

/** The objects of one arrival hour, or of one shard in it, in the order of shards and records. */
export const objectsOfHour = async (blobs: Blobs, arrivalMs: number, shardId?: string): Promise<ArchiveObject[]> => {
  const prefix = `${archiveFolder("events", arrivalMs)}/${shardId === undefined ? "" : `${shardId}-`}`;
  const keys: string[] = [];
  for (let after: string | undefined; keys.length < MAX_KEYS; after = keys.at(-1)) {
    const page = await blobs.list(prefix, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    keys.push(...page);
    if (page.length < PAGE) break;
  }
  const objects = keys.flatMap((key) => archiveObject(key) ?? []);
  const wanted = shardId === undefined ? objects : objects.filter((object) => object.shardId === shardId);
  return wanted.sort(byShardAndRecord);
};

/** What a key says of its object; `undefined` for what is none. */
export const archiveObject = (key: string): ArchiveObject | undefined => {
  const named = NAME.exec(key);
  return named ? { key, shardId: named[1]!, firstSequence: named[2]! } : undefined;
};

/** Below 0 if `a` comes first. */
export const byShardAndRecord = (a: ArchiveObject, b: ArchiveObject): number => {
  if (a.shardId !== b.shardId) return a.shardId < b.shardId ? -1 : 1;
  return compareSequence(a.firstSequence, b.firstSequence);
};

/** The one of a shard's objects that holds a record, if any does. */
export const objectHolding = (ofShard: readonly ArchiveObject[], sequenceNumber: string): ArchiveObject | undefined =>
  ofShard.findLast(({ firstSequence }) => compareSequence(firstSequence, sequenceNumber) <= 0);

import type { Clock, StreamEntry } from "@tidewatch/core/store/ports";
import type Database from "better-sqlite3";
import { MAX_SEGMENT_RECORDS, packSegment, TARGET_SEGMENT_BYTES } from "./segment.ts";

/** One put: its entries, the shard of each, and room for the position that each gets. */
export type Append = { entries: readonly StreamEntry[]; shardOf: readonly number[]; positions: Float64Array };

/**
 * Writes a group of puts in one transaction and fills in their positions; gives the shards that grew. Positions come
 * from the file, read under its lock, so that other connections may write as well.
 */
export const appender = (db: Database.Database, shards: number, now: Clock): ((appends: Append[]) => number[]) => {
  const readShard = db.prepare<[number], { next: number; arrival: number }>(
    "SELECT next, arrival FROM shard WHERE shard = ?",
  );
  const writeShard = db.prepare<[number, number, number]>("UPDATE shard SET next = ?, arrival = ? WHERE shard = ?");
  const insert = db.prepare<[number, number, number, number, Buffer]>(
    "INSERT INTO segment (shard, first, count, arrival, body) VALUES (?, ?, ?, ?, ?)",
  );

  const appendToShard = (shard: number, entries: StreamEntry[], assign: (first: number) => void): void => {
    const { next, arrival } = readShard.get(shard)!;
    // A clock that was set back must not make a later record look older: readers search by arrival.
    const arrivalMs = Math.max(now(), arrival);
    assign(next);
    let position = next;
    for (const segment of cut(entries)) {
      insert.run(shard, position, segment.length, arrivalMs, packSegment(segment));
      position += segment.length;
    }
    writeShard.run(position, arrivalMs, shard);
  };

  const write = db.transaction((appends: Append[]): number[] => {
    const byShard = Array.from({ length: shards }, (): StreamEntry[] => []);
    for (const { entries, shardOf } of appends) {
      for (let i = 0; i < entries.length; i++) byShard[shardOf[i]!]!.push(entries[i]!);
    }
    const next = new Float64Array(shards);
    const grown = byShard.flatMap((entries, shard) => (entries.length > 0 ? [shard] : []));
    for (const shard of grown) appendToShard(shard, byShard[shard]!, (first) => (next[shard] = first));
    for (const { shardOf, positions } of appends) {
      for (let i = 0; i < shardOf.length; i++) positions[i] = next[shardOf[i]!]!++;
    }
    return grown;
  });
  return (appends) => write.immediate(appends);
};

/** Runs of entries that make segments of about the target size; a single entry may be larger. */
function* cut(entries: StreamEntry[]): Generator<StreamEntry[]> {
  let start = 0;
  let bytes = 0;
  for (let i = 0; i < entries.length; i++) {
    const { data, partitionKey } = entries[i]!;
    const size = data.length + partitionKey.length;
    if (i > start && (bytes + size > TARGET_SEGMENT_BYTES || i - start === MAX_SEGMENT_RECORDS)) {
      yield entries.slice(start, i);
      start = i;
      bytes = 0;
    }
    bytes += size;
  }
  if (start < entries.length) yield start === 0 ? entries : entries.slice(start);
}

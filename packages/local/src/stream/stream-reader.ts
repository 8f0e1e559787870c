import { AppError } from "@tidewatch/core/errors";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import type Database from "better-sqlite3";
import { asAppError } from "../sqlite/failure.ts";
import { openFileReadOnly } from "../sqlite/open.ts";
import type { RecordProbe, StreamReader } from "./reader.ts";
import { checkSegment, dataBounds, unpackRecord } from "./segment.ts";
import { FIRST_POSITION, parseSequenceNumber, sequenceNumberOf, shardPrefix } from "./sequence.ts";
import { shardIdOf } from "./shards.ts";
import { countShards, STREAM_FILE } from "./stream-file.ts";

type Segment = { first: number; count: number; arrival: number; body: Buffer };

/**
 * A reader of its own connection, for any thread or process; the file must have been made by `openSqliteStream`.
 *
 * @throws AppError CORRUPT, UNAVAILABLE
 */
export const openStreamReader = (path: string): { reader: StreamReader; close(): void } => {
  const db = openFileReadOnly(path, STREAM_FILE);
  return { reader: streamReader(db, path), close: () => db.close() };
};

/**
 * Reads over an open connection. The `data` of records are views of their segment's bytes. `limits.bytes` counts
 * partition keys and data. An unknown shard or a foreign sequence number is an AppError (NOT_FOUND, VALIDATION).
 */
export const streamReader = (db: Database.Database, path: string): StreamReader => {
  const shardIds = Array.from({ length: countShards(db, path) }, (_, shard) => shardIdOf(shard));
  const shardNumbers = new Map(shardIds.map((shardId, shard) => [shardId, shard]));
  /** The segment that each shard was read in last: a consumer takes several batches from one. */
  const lastRead = new Map<number, Segment>();

  const segmentsFrom = db.prepare<{ shard: number; position: number }, Segment>(`
    SELECT first, count, arrival, body FROM segment
    WHERE shard = :shard AND first >= ifnull(
      (SELECT max(first) FROM segment WHERE shard = :shard AND first <= :position), :position)
    ORDER BY first`);
  const nextPosition = db.prepare<[number], { next: number }>("SELECT next FROM shard WHERE shard = ?");
  const lastBefore = db.prepare<[number, number], { last: number }>(`
    SELECT first + count - 1 AS last FROM segment INDEXED BY segment_arrival
    WHERE shard = ? AND arrival < ? ORDER BY arrival DESC, first DESC LIMIT 1`);

  const shardOf = (shardId: string): number => {
    const shard = shardNumbers.get(shardId);
    if (shard === undefined) throw new AppError("NOT_FOUND", `the stream has no shard ${shardId}`);
    return shard;
  };
  const positionAfter = (shard: number, sequenceNumber: string | undefined): number => {
    if (sequenceNumber === undefined) return FIRST_POSITION;
    const parsed = parseSequenceNumber(sequenceNumber);
    if (parsed?.shard === shard) return parsed.position + 1;
    throw new AppError("VALIDATION", `${sequenceNumber} is no sequence number of ${shardIds[shard]}`);
  };
  function* segments(shard: number, from: number): Generator<Segment> {
    let position = from;
    const kept = lastRead.get(shard);
    if (kept !== undefined && position >= kept.first && position < kept.first + kept.count) {
      yield kept;
      position = kept.first + kept.count;
    }
    for (const segment of segmentsFrom.iterate({ shard, position })) {
      if (segment.first + segment.count <= position) continue;
      checkSegment(segment.body, segment.count, path);
      lastRead.set(shard, segment);
      yield segment;
    }
  }

  return {
    shardIds: () => [...shardIds],
    read(shardId, afterSequenceNumber, limits) {
      const shard = shardOf(shardId);
      const from = positionAfter(shard, afterSequenceNumber);
      return explained(path, () => take(segments(shard, from), from, shardId, shardPrefix(shard), limits));
    },
    search(shardId, afterSequenceNumber, limits, wants) {
      const shard = shardOf(shardId);
      const from = positionAfter(shard, afterSequenceNumber);
      return explained(path, () =>
        find(segments(shard, from), from, { shardId, prefix: shardPrefix(shard) }, limits, wants),
      );
    },
    latestSequenceNumber(shardId) {
      const shard = shardOf(shardId);
      const { next } = explained(path, () => nextPosition.get(shard)!);
      return next === FIRST_POSITION ? undefined : sequenceNumberOf(shard, next - 1);
    },
    lastSequenceNumberBefore(shardId, timestampMs) {
      const shard = shardOf(shardId);
      const found = explained(path, () => lastBefore.get(shard, Math.ceil(timestampMs)));
      return found && sequenceNumberOf(shard, found.last);
    },
  };
};

const take = (
  segments: Iterable<Segment>,
  from: number,
  shardId: string,
  prefix: string,
  limits: { records: number; bytes: number },
): StreamRecord[] => {
  const records: StreamRecord[] = [];
  let bytes = 0;
  for (const segment of segments) {
    for (let index = Math.max(0, from - segment.first); index < segment.count; index++) {
      if (records.length > 0 && records.length >= limits.records) return records;
      const { partitionKey, data } = unpackRecord(segment.body, index);
      bytes += Buffer.byteLength(partitionKey) + data.length;
      if (records.length > 0 && bytes > limits.bytes) return records;
      const sequenceNumber = sequenceAt(prefix, segment.first + index);
      records.push({ shardId, sequenceNumber, partitionKey, data, arrivalMs: segment.arrival });
    }
    // Asking for the next segment would load it from the file, only to find the batch full.
    if (records.length >= limits.records || bytes >= limits.bytes) return records;
  }
  return records;
};

const sequenceAt = (prefix: string, position: number): string => prefix + String(position).padStart(16, "0");

const find = (
  segments: Iterable<Segment>,
  from: number,
  { shardId, prefix }: { shardId: string; prefix: string },
  limits: { records: number; bytes: number },
  wants: RecordProbe,
): { records: StreamRecord[]; through: string | undefined } => {
  const records: StreamRecord[] = [];
  let bytes = 0;
  let last: number | undefined;
  for (const { first, count, arrival, body } of segments) {
    for (let index = Math.max(0, from - first); index < count && records.length < limits.records; index++) {
      const [start, end] = dataBounds(body, index);
      bytes += end - start;
      if (last !== undefined && bytes > limits.bytes) break;
      last = first + index;
      if (!wants(body, start, end)) continue;
      const { partitionKey, data } = unpackRecord(body, index);
      records.push({ shardId, sequenceNumber: sequenceAt(prefix, last), partitionKey, data, arrivalMs: arrival });
    }
    if (records.length >= limits.records || bytes >= limits.bytes) break;
  }
  return { records, through: last === undefined ? undefined : sequenceAt(prefix, last) };
};

const explained = <T>(path: string, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw asAppError(error, path);
  }
};

import { AppError } from "../errors.ts";
import { type Extraction, takeEvent } from "../feature/extract.ts";
import type { Plan } from "../feature/plan.ts";
import { freshState, stateShape } from "../feature/state.ts";
import { compareSequence } from "../ingest/sequence.ts";
import { corrupt, putBytes, reserve, writer } from "../store/binary.ts";
import { decodeHead, type Head, noCounts } from "../store/head.ts";
import { NO_LINK, readChunkHeader } from "../store/points.ts";
import type { Item, Put, StreamRecord } from "../store/ports.ts";
import { closeChunk, sideId } from "./judge.ts";
import { freshLevels } from "./level.ts";
import type { SeriesWork } from "./route.ts";

/** The head of a series before a batch; writes what must be closed first to `sides`. */
export const loadHead = ({ plan, entity, records }: SeriesWork, item: Item | undefined, sides: Put[]): Head => {
  if (!item) return freshHead(plan);
  const head = decodeHead(item);
  if (head.featureHash === plan.featureHash) return checked(head, plan, item);
  // Other features: their rows cannot go on in the old window. What was counted and seen stays.
  const [first] = unseenRecords(head.shards, records);
  if (head.chunk.length > 0 && first) {
    const bytes = writer(head.chunk.length);
    reserve(bytes, head.chunk.length);
    putBytes(bytes, head.chunk);
    const header = readChunkHeader(head.chunk, `the open chunk of ${item.pk}`);
    closeChunk(sides, plan.id, entity, head, bytes, header, sideId(first.shardId, first.sequenceNumber));
  }
  const { counts, shards, rows, lastRowMs, link } = head;
  return { ...freshHead(plan), counts, shards, rows, lastRowMs, link };
};

const freshHead = (plan: Plan): Head => ({
  counts: noCounts(),
  featureHash: plan.featureHash,
  shards: [],
  rows: 0,
  lastRowMs: 0,
  link: NO_LINK,
  state: freshState(plan),
  levels: freshLevels(plan.names.length),
  incident: undefined,
  chunk: new Uint8Array(0),
});

/** The arrays have the lengths that the plan calls for: the hot path relies on it. */
const checked = (head: Head, plan: Plan, { pk }: Item): Head => {
  const shape = stateShape(plan);
  const { state, levels } = head;
  const isWhole =
    state.window.length === shape.window &&
    state.windowTimes.length === shape.windowTimes &&
    state.lastValues.length === shape.lastValues &&
    state.lastTimes.length === shape.lastTimes &&
    levels.levels.length === plan.names.length &&
    state.filled <= plan.shingleSize &&
    state.buckets.every((bucket) => bucket.length === shape.bucket);
  if (!isWhole) throw corrupt(`the head of ${pk}`, "its state does not fit its features");
  return head;
};

/**
 * Applies the records that the head has not seen, in order, and appends the rows they complete.
 * Returns how many records it applied; the others are repeats.
 */
export const takeRecords = ({ events, records }: SeriesWork, head: Head, to: Extraction): number => {
  let applied = 0;
  for (let index = 0; index < records.length; index++) {
    const record = records[index]!;
    if (!advance(head, record)) continue;
    applied++;
    head.counts.events++;
    if (!takeEvent(to, head.state, head.counts, events[index]!, record.arrivalMs, index)) head.counts.late++;
  }
  return applied;
};

/** The records that a series has not applied, each once; `shards` as its head remembers them. */
export const unseenRecords = (shards: Head["shards"], records: readonly StreamRecord[]): StreamRecord[] => {
  const last = new Map(shards.map((shard) => [shard.shardId, shard.sequenceNumber]));
  return records.filter(({ shardId, sequenceNumber }) => {
    const before = last.get(shardId);
    if (before !== undefined && compareSequence(sequenceNumber, before) <= 0) return false;
    last.set(shardId, sequenceNumber);
    return true;
  });
};

/**
 * Shards that a head remembers: it counts them in one byte. None is ever forgotten, because its records would be applied a
 * second time when they are delivered again.
 */
const MAX_SHARDS = 255;

/** Notes the record as the last one of its shard; false when it was applied before. */
const advance = ({ shards }: Head, { shardId, sequenceNumber }: StreamRecord): boolean => {
  const newest = shards.length - 1;
  const at = shards[newest]?.shardId === shardId ? newest : shards.findIndex((shard) => shard.shardId === shardId);
  if (at >= 0 && compareSequence(sequenceNumber, shards[at]!.sequenceNumber) <= 0) return false;
  if (at >= 0 && at === newest) {
    shards[at]!.sequenceNumber = sequenceNumber;
    return true;
  }
  if (at >= 0) shards.splice(at, 1);
  else if (shards.length === MAX_SHARDS) {
    throw new AppError("TOO_LARGE", `a series takes events from ${MAX_SHARDS} shards, ${shardId} is one more`);
  }
  shards.push({ shardId, sequenceNumber });
  return true;
};

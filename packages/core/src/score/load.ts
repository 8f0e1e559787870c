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
  // Other vectors: their rows cannot go on in the old window. What was counted and seen stays, and what levels have learnt
  // of the same rows.
  const [first] = unseenRecords(head.shards, records);
  if (head.chunk.length > 0 && first) {
    const bytes = writer(head.chunk.length);
    reserve(bytes, head.chunk.length);
    putBytes(bytes, head.chunk);
    const header = readChunkHeader(head.chunk, `the open chunk of ${item.pk}`);
    closeChunk(sides, plan.id, entity, head, bytes, header, sideId(first.shardId, first.sequenceNumber));
  }
  const { counts, shards, rows, lastRowMs, link } = head;
  const fresh = freshHead(plan);
  const levels = head.rowsHash === plan.rowsHash ? head.levels : fresh.levels;
  return { ...fresh, counts, shards, rows, lastRowMs, link, levels };
};

/** Of a series that has seen nothing. */
export const freshHead = (plan: Plan): Head => ({
  counts: noCounts(),
  rowsHash: plan.rowsHash,
  featureHash: plan.featureHash,
  shards: [],
  rows: 0,
  lastRowMs: 0,
  link: NO_LINK,
  state: freshState(plan),
  levels: freshLevels(plan.names.length),
  incident: undefined,
  alarms: undefined,
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
  const head = { shards: shards.map((shard) => ({ ...shard })) };
  return records.filter((record) => advance(head, record));
};

/**
 * A head forgets a shard this long after the shard's last record, by the arrival times of the series' own records. Streams
 * reshard by themselves, and what is split or merged has new shards: a head that forgot none would grow for ever. Longer than
 * a record can be delivered (48 hours after its arrival in the deployment, two more days for whoever raises that).
 */
export const SHARD_MEMORY_MS = 4 * 24 * 3_600_000;

/**
 * Notes the record as the last one of its shard; false when it was applied before.
 *
 * Of a shard that is not known, only records that arrived within the memory are taken: whatever was applied and forgotten
 * is older, so that nothing is ever applied twice.
 */
export const advance = (
  { shards }: Pick<Head, "shards">,
  { shardId, sequenceNumber, arrivalMs }: StreamRecord,
): boolean => {
  const newest = shards.length - 1;
  const at = shards[newest]?.shardId === shardId ? newest : shards.findIndex((shard) => shard.shardId === shardId);
  const known = shards[at];
  if (known) {
    if (compareSequence(sequenceNumber, known.sequenceNumber) <= 0) return false;
    known.sequenceNumber = sequenceNumber;
    // The service's clocks differ a little: a later record may bear an earlier time.
    if (arrivalMs > known.lastMs) known.lastMs = arrivalMs;
    if (at !== newest) shards.push(...shards.splice(at, 1));
  } else {
    if (arrivalMs < rememberedFrom(shards)) return false;
    shards.push({ shardId, sequenceNumber, lastMs: arrivalMs });
  }
  if (shards.length > 1) forgetShards(shards);
  return true;
};

const rememberedFrom = (shards: Head["shards"]): number => {
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const { lastMs } of shards) if (lastMs > newestMs) newestMs = lastMs;
  return newestMs - SHARD_MEMORY_MS;
};

/** The newest one always stays, and with it the time that the others are measured by. */
const forgetShards = (shards: Head["shards"]): void => {
  const fromMs = rememberedFrom(shards);
  for (let at = shards.length - 1; at >= 0; at--) if (shards[at]!.lastMs < fromMs) shards.splice(at, 1);
};

import { createHash } from "node:crypto";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import type { RecordFilter } from "./filter.ts";
import { payloadBytes } from "./invocation.ts";
import { type Entry, type Lane, type LaneStep, lane } from "./lane.ts";
import type { EventSourceMapping } from "./mapping.ts";

/** Records' data held in memory per lane of a shard, being delivered and waiting together. */
const HELD_BYTES_PER_LANE = 12 * 1024 * 1024;

export type Step = { lane: Lane; step: LaneStep };

/**
 * A consumer's place in one shard: which records are under way, and up to where all are done (the checkpoint). Records
 * that the filter passes over are done at once. Those with equal partition keys share a lane, hence keep their order.
 */
export const shardProgress = (mapping: EventSourceMapping, matches: RecordFilter, startAfter: string | undefined) => {
  const factor = mapping.parallelizationFactor;
  const lanes = Array.from({ length: factor }, () => lane(mapping));
  /** In stream order; the done ones at the front are dropped. */
  let open: Entry[] = [];
  let heldBytes = 0;
  let readAfter = startAfter;
  let checkpoint = startAfter;
  let filtered = 0;

  const settleFront = (): void => {
    let done = 0;
    while (done < open.length && open[done]!.done) heldBytes -= open[done++]!.payloadBytes;
    if (done > 0) checkpoint = open[done - 1]!.record.sequenceNumber;
    if (done > 0) open = open.slice(done);
    if (open.length === 0) checkpoint = readAfter;
  };

  return {
    readAfter: (): string | undefined => readAfter,
    /** Everything up to here is done, and not delivered again after a restart. */
    checkpoint: (): string | undefined => checkpoint,
    /** How many records it takes now. Lanes that share a shard get one batch more, as their keys are not even. */
    room: (): number => {
      const batches = factor === 1 ? 1 : factor + 1;
      return heldBytes >= factor * HELD_BYTES_PER_LANE ? 0 : Math.max(0, batches * mapping.batchSize - open.length);
    },
    /** @param through the last record that was looked at, which need not be among those that were read */
    accept(records: readonly StreamRecord[], nowMs: number, through = records.at(-1)?.sequenceNumber): void {
      for (const record of records) {
        const entry = { record, payloadBytes: payloadBytes(record), acceptedMs: nowMs, done: !matches(record.data) };
        open.push(entry);
        heldBytes += entry.payloadBytes;
        if (entry.done) filtered++;
        else lanes[factor === 1 ? 0 : laneOf(record.partitionKey, factor)]!.add(entry);
      }
      readAfter = through ?? readAfter;
      settleFront();
    },
    /** What each lane can do now. */
    next: (nowMs: number, flushThrough: string | undefined): Step[] =>
      lanes.map((each) => ({ lane: each, step: each.next(nowMs, flushThrough) })),
    /** To be called after a lane's `settle` or `discarded`. */
    settleFront,
    isIdle: (): boolean => !lanes.some((each) => each.isBusy()),
    oldestArrivalMs: (): number | undefined => open[0]?.record.arrivalMs,
    filtered: (): number => filtered,
  };
};
export type ShardProgress = ReturnType<typeof shardProgress>;

const laneOf = (partitionKey: string, factor: number): number =>
  createHash("md5").update(partitionKey).digest().readUInt32BE(0) % factor;

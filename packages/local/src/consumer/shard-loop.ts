import { setTimeout as sleep } from "node:timers/promises";
import { compareSequence } from "@tidewatch/core/ingest/sequence";
import type { Clock, StreamRecord } from "@tidewatch/core/store/ports";
import type { RecordProbe, StreamReader } from "../stream/reader.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { RecordFilter } from "./filter.ts";
import { type StreamHandler, toKinesisEvent } from "./invocation.ts";
import type { Entry, Lane } from "./lane.ts";
import type { ConcurrencyLimit } from "./limit.ts";
import type { EventSourceMapping } from "./mapping.ts";
import type { OnFailure } from "./on-failure.ts";
import { backoffMs, type Discard, type Outcome, outcomeOf, type Piece } from "./retry.ts";
import { shardProgress } from "./shard-progress.ts";
import { signal } from "./signal.ts";

/** Bytes asked of the stream at once. */
const READ_BYTES = 8 * 1024 * 1024;
/** How often the stream is looked at when nobody said that it grew: another process may have written to it. */
const POLL_MS = 1000;
/** After a look at records that nobody here wants: each costs some ten microseconds, however few there are. */
const PASSED_PAUSE_MS = 50;
/** Progress past records that nobody here wants is written this often: each is a write to the table's file. */
const PASSED_CHECKPOINT_MS = 1000;

export type ShardSource = {
  consumer: string;
  streamName: string;
  mapping: EventSourceMapping;
  matches: RecordFilter;
  /** Looks at records where they lie, before `matches`: for a consumer that wants few of them. */
  probe?: RecordProbe | undefined;
  reader: StreamReader;
  checkpoints: Checkpoints;
  handler: StreamHandler;
  /** Shared by the shards of a thread: invocations that run at once multiply its memory, not its speed. */
  limit: ConcurrencyLimit;
  onFailure: OnFailure;
  now: Clock;
};

export type ShardMetrics = {
  shardId: string;
  checkpoint: string | undefined;
  batches: number;
  records: number;
  filtered: number;
  failedDeliveries: number;
  discarded: number;
  /** Age of the oldest record that is not done yet; 0 when none is under way. */
  iteratorAgeMs: number;
  lastError: string | undefined;
};

/** Reads one shard and delivers its records until it is stopped. Starts at once. */
export const runShard = (source: ShardSource, shardId: string) => {
  const { consumer, mapping, reader, checkpoints, probe, now } = source;
  const progress = shardProgress(mapping, source.matches, startOf(source, shardId));
  const grown = signal();
  const counts = {
    batches: 0,
    records: 0,
    failedDeliveries: 0,
    discarded: 0,
    lastError: undefined as string | undefined,
  };
  let written = progress.checkpoint();
  let writtenMs = 0;
  let flushThrough: string | undefined;
  let stopping = false;

  const readNext = (room: number): { records: StreamRecord[]; through: string | undefined } => {
    const limits = { records: room, bytes: READ_BYTES };
    if (probe) return reader.search(shardId, progress.readAfter(), limits, probe);
    const records = reader.read(shardId, progress.readAfter(), limits);
    return { records, through: records.at(-1)?.sequenceNumber };
  };

  /** Stops, and says so, after a stretch of records that are not wanted: a long one must not hold up the thread. */
  const fill = (): { passed: boolean } => {
    for (let room = progress.room(); room > 0; room = progress.room()) {
      const { records, through } = readNext(room);
      if (through === undefined) break;
      progress.accept(records, now(), through);
      if (records.length === 0) return { passed: true };
    }
    return { passed: false };
  };

  const saveCheckpoint = (): void => {
    progress.settleFront();
    const reached = progress.checkpoint();
    if (reached === undefined || reached === written) return;
    checkpoints.set(consumer, shardId, reached);
    written = reached;
    writtenMs = now();
  };
  /** Where nothing was delivered, a repeat costs a glance: this can wait, unless somebody waits for it. */
  const savePassed = (): void => {
    const isAwaited = flushThrough !== undefined && compareSequence(written ?? "0", flushThrough) < 0;
    if (isAwaited || now() - writtenMs >= PASSED_CHECKPOINT_MS) saveCheckpoint();
  };

  const deliver = async (piece: Piece<Entry>): Promise<Outcome> => {
    const records = piece.entries.map((entry) => entry.record);
    counts.batches++;
    try {
      const response = await source.limit(() => source.handler(toKinesisEvent(source.streamName, records)));
      const outcome = outcomeOf(
        mapping,
        records.map((r) => r.sequenceNumber),
        response,
      );
      if (outcome.failedAt !== undefined) counts.lastError = outcome.reason;
      return outcome;
    } catch (error) {
      counts.lastError = messageOf(error);
      return { failedAt: 0, reason: counts.lastError };
    }
  };

  const invoke = async (lane: Lane, piece: Piece<Entry>): Promise<void> => {
    const outcome = await deliver(piece);
    if (outcome.failedAt !== undefined) counts.failedDeliveries++;
    counts.records += outcome.failedAt ?? piece.entries.length;
    const discard = lane.settle(outcome, now());
    if (discard) await throwAway(lane, discard);
  };

  /** The shard may not go on before the records are safe: this is tried until it succeeds or the consumer stops. */
  const throwAway = async (lane: Lane, discard: Discard<Entry>): Promise<void> => {
    for (let failures = 1; ; failures++) {
      try {
        await source.onFailure(consumer, { ...discard, records: discard.entries.map((entry) => entry.record) });
        break;
      } catch (error) {
        counts.lastError = messageOf(error);
        if (stopping) return;
        await sleep(backoffMs(failures));
      }
    }
    counts.discarded += discard.entries.length;
    lane.discarded();
  };

  const afterwards = async (work: Promise<void>): Promise<void> => {
    await work;
    saveCheckpoint();
    grown.raise();
  };

  /** Starts what can be started and says when to look again. */
  const startDue = (): { started: Promise<void>[]; untilMs: number } => {
    const started: Promise<void>[] = [];
    let untilMs = Number.POSITIVE_INFINITY;
    for (const { lane, step } of progress.next(now(), flushThrough)) {
      if (step.kind === "invoke") started.push(afterwards(invoke(lane, step.piece)));
      else if (step.kind === "discard") started.push(afterwards(throwAway(lane, step.discard)));
      else untilMs = Math.min(untilMs, step.untilMs);
    }
    return { started, untilMs };
  };

  const loop = async (): Promise<void> => {
    const running = new Set<Promise<void>>();
    let failure: { error: unknown } | undefined;
    while (!stopping && !failure) {
      const { passed } = fill();
      savePassed();
      const { started, untilMs } = startDue();
      for (const work of started) {
        const tracked: Promise<void> = work
          .catch((error: unknown) => {
            failure = { error };
            grown.raise();
          })
          .finally(() => running.delete(tracked));
        running.add(tracked);
      }
      const waitMs = Math.max(0, Math.min(POLL_MS, untilMs - now()));
      await (passed && !stopping ? sleep(Math.min(PASSED_PAUSE_MS, waitMs)) : grown.wait(waitMs));
    }
    await Promise.all(running);
    if (failure) throw failure.error;
    saveCheckpoint();
  };

  const ended = loop();
  return {
    shardId,
    /** Rejects when reading the stream or writing a checkpoint fails: the consumer cannot go on. */
    ended,
    wake: (): void => grown.raise(),
    /** Records up to the latest one do not wait for the batching window. */
    flush(): void {
      flushThrough = reader.latestSequenceNumber(shardId);
      grown.raise();
    },
    /** Finishes the deliveries under way and writes their checkpoint. */
    async stop(): Promise<void> {
      stopping = true;
      grown.raise();
      await ended;
    },
    metrics: (): ShardMetrics => ({
      ...counts,
      shardId,
      checkpoint: progress.checkpoint(),
      filtered: progress.filtered(),
      iteratorAgeMs: Math.max(0, now() - (progress.oldestArrivalMs() ?? now())),
    }),
  };
};
export type ShardLoop = ReturnType<typeof runShard>;

/**
 * LATEST is written down at once: otherwise a consumer stopped before its first batch would skip what came meanwhile.
 * An empty shard has no sequence number to write down yet.
 */
const startOf = ({ consumer, mapping, reader, checkpoints }: ShardSource, shardId: string): string | undefined => {
  const saved = checkpoints.get(consumer, shardId);
  if (saved !== undefined || mapping.startingPosition === "TRIM_HORIZON") return saved;
  const latest = reader.latestSequenceNumber(shardId);
  if (latest !== undefined) checkpoints.set(consumer, shardId, latest);
  return latest;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

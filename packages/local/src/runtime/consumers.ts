import { setTimeout as sleep } from "node:timers/promises";
import { compareSequence } from "@tidewatch/core/ingest/sequence";
import type { Checkpoints } from "../consumer/checkpoints.ts";
import type { EventSourceMapping } from "../consumer/mapping.ts";
import type { ShardMetrics } from "../consumer/shard-loop.ts";
import type { StreamReader } from "../stream/reader.ts";
import { parseSequenceNumber } from "../stream/sequence.ts";
import type { Log } from "./log.ts";
import { type SupervisedWorker, supervisedWorker } from "./worker-process.ts";

/** How often the checkpoints are compared with the stream while waiting for the consumers to catch up. */
const DRAIN_POLL_MS = 20;

export type ConsumerSpec = {
  name: string;
  mapping: EventSourceMapping;
  handlerModule: string;
  /** For a consumer that leaves most records aside (see `ProbeModule`). */
  probeModule?: string;
  handlerOptions?: Record<string, unknown>;
  /** Threads that share out the shards; more than there are shards would idle. */
  workers: number;
  /** For what a batch leaves behind, 12 unless said otherwise (see `supervisedWorker`). */
  youngMegabytes?: number;
};

export type ConsumerState = ShardMetrics & { name: string; lag: number; restarts: number };

type Context = {
  directory: string;
  streamName: string;
  reader: StreamReader;
  checkpoints: Checkpoints;
  log: Log;
};

/** Runs consumers in threads of their own, so that the thread that serves the API stays free. */
export const startConsumers = (context: Context, specs: readonly ConsumerSpec[]) => {
  const { reader, checkpoints } = context;
  const workers = specs.flatMap((spec) => workersOf(context, spec));
  const pairs = specs.flatMap(({ name }) => reader.shardIds().map((shardId) => ({ name, shardId })));

  const isPast = (name: string, shardId: string, target: string | undefined): boolean => {
    const reached = checkpoints.get(name, shardId);
    return target === undefined || (reached !== undefined && compareSequence(reached, target) >= 0);
  };

  return {
    /** Wakes the threads that read these shards. */
    wake(shardIds: readonly string[]): void {
      for (const worker of workers) {
        if (worker.config.shardIds.some((shardId) => shardIds.includes(shardId))) worker.tell({ kind: "wake" });
      }
    },
    /** Resolves when every consumer is past every record that is on the stream now. */
    async drained(): Promise<void> {
      const targets = pairs.map((pair) => ({ ...pair, target: reader.latestSequenceNumber(pair.shardId) }));
      let left = targets.filter(({ name, shardId, target }) => !isPast(name, shardId, target));
      while (left.length > 0) {
        for (const worker of workers) worker.tell({ kind: "flush" });
        await sleep(DRAIN_POLL_MS);
        left = left.filter(({ name, shardId, target }) => !isPast(name, shardId, target));
      }
    },
    lags: () => pairs.map((pair) => ({ ...pair, lag: lagOf(reader, checkpoints, pair.name, pair.shardId) })),
    states: (): ConsumerState[] =>
      workers.flatMap((worker) =>
        worker.metrics().map((metrics) => ({
          ...metrics,
          name: worker.config.consumer,
          lag: lagOf(reader, checkpoints, worker.config.consumer, metrics.shardId),
          restarts: worker.restarts(),
        })),
      ),
    stop: async (): Promise<void> => {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
};
export type Consumers = ReturnType<typeof startConsumers>;

const workersOf = (context: Context, spec: ConsumerSpec): SupervisedWorker[] => {
  const shardIds = context.reader.shardIds();
  const count = Math.min(spec.workers, shardIds.length);
  return Array.from({ length: count }, (_, index) =>
    supervisedWorker(
      {
        directory: context.directory,
        consumer: spec.name,
        shardIds: shardIds.filter((_id, shard) => shard % count === index),
        mapping: spec.mapping,
        streamName: context.streamName,
        handlerModule: spec.handlerModule,
        probeModule: spec.probeModule,
        handlerOptions: spec.handlerOptions ?? {},
      },
      context.log,
      spec.youngMegabytes,
    ),
  );
};

/** Records of the shard that the consumer has not done yet. */
const lagOf = (reader: StreamReader, checkpoints: Checkpoints, name: string, shardId: string): number => {
  const position = (sequenceNumber: string | undefined): number =>
    sequenceNumber === undefined ? 0 : (parseSequenceNumber(sequenceNumber)?.position ?? 0);
  return Math.max(0, position(reader.latestSequenceNumber(shardId)) - position(checkpoints.get(name, shardId)));
};

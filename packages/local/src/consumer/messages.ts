import type { EventSourceMapping } from "./mapping.ts";
import type { ShardMetrics } from "./shard-loop.ts";

/** All that a worker is told when it starts: plain data, since it crosses threads. */
export type WorkerConfig = {
  directory: string;
  consumer: string;
  shardIds: string[];
  mapping: EventSourceMapping;
  streamName: string;
  /** URL of a module that exports `createHandler` (see `handler-module.ts`). */
  handlerModule: string;
  /** URL of one that exports `wants`, for a consumer that leaves most records aside. */
  probeModule: string | undefined;
  /** Passed on to `createHandler`. */
  handlerOptions: Record<string, unknown>;
};

/** Main → worker. `wake`: the stream has grown. `flush`: don't wait for the batching window. */
export type WorkerOrder = { kind: "wake" } | { kind: "flush" } | { kind: "stop" };

/** Worker → main. */
export type WorkerReport = { kind: "metrics"; shards: ShardMetrics[] };

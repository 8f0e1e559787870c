import { Worker } from "node:worker_threads";
import type { WorkerConfig, WorkerOrder, WorkerReport } from "../consumer/messages.ts";
import { backoffMs } from "../consumer/retry.ts";
import type { ShardMetrics } from "../consumer/shard-loop.ts";
import type { Log } from "./log.ts";

const ENTRY = new URL("../consumer/worker.ts", import.meta.url);
/** A profile covers the threads too; other flags, such as a test runner's own, must not reach them. */
const PROFILER_FLAGS = process.execArgv.filter((flag) => /^--(cpu|heap)-prof/.test(flag));
/** What a batch leaves behind is garbage within milliseconds: with V8's own limit each thread takes 60 MB more for it. */
const YOUNG_MEGABYTES = 12;
/** Deliveries take well below a second; one that hangs, or a pause before a repeat, must not hold up the end. */
const STOP_MS = 10_000;
/** A worker that ran this long had got over what made it fail before. */
const HEALTHY_AFTER_MS = 60_000;

/** One consumer thread that is started again, after a growing pause, whenever it dies. */
export const supervisedWorker = (config: WorkerConfig, log: Log, youngMegabytes = YOUNG_MEGABYTES) => {
  let worker: Worker | undefined;
  let restartTimer: NodeJS.Timeout | undefined;
  let failures = 0;
  let restarts = 0;
  let stopping = false;
  let ended = Promise.resolve();
  let shards: ShardMetrics[] = [];

  const start = (): void => {
    const startedMs = performance.now();
    shards = [];
    let failure: unknown;
    const { consumer: name } = config;
    const resourceLimits = { maxYoungGenerationSizeMb: youngMegabytes };
    const options = { workerData: config, execArgv: PROFILER_FLAGS, name, resourceLimits };
    const started = new Worker(ENTRY, options);
    worker = started;
    started.on("message", (report: WorkerReport) => {
      const before = shards;
      shards = report.shards;
      logFailures(config.consumer, before, shards, log);
    });
    started.on("error", (error) => {
      failure = error;
    });
    ended = new Promise((resolve) => {
      started.on("exit", (code) => {
        worker = undefined;
        if (!stopping) restart(failure ?? `exit code ${code}`, performance.now() - startedMs);
        resolve();
      });
    });
  };

  const restart = (failure: unknown, livedMs: number): void => {
    failures = livedMs >= HEALTHY_AFTER_MS ? 1 : failures + 1;
    restarts++;
    const error = failure instanceof Error ? failure.message : String(failure);
    const { consumer, shardIds } = config;
    log({ level: "error", message: "a consumer died and is started again", consumer, shardIds, error });
    restartTimer = setTimeout(start, backoffMs(failures));
  };

  const tell = (order: WorkerOrder): void => worker?.postMessage(order);

  start();
  return {
    config,
    tell,
    restarts: (): number => restarts,
    metrics: (): ShardMetrics[] => shards,
    /** Lets it finish the deliveries under way, for a while: what it had not finished is delivered again. */
    async stop(): Promise<void> {
      stopping = true;
      clearTimeout(restartTimer);
      tell({ kind: "stop" });
      const deadline = setTimeout(() => void worker?.terminate(), STOP_MS);
      await ended;
      clearTimeout(deadline);
    },
  };
};
/** What went wrong between two reports of a worker, once per report however often it did. */
const logFailures = (
  consumer: string,
  before: readonly ShardMetrics[],
  after: readonly ShardMetrics[],
  log: Log,
): void => {
  for (const { shardId, failedDeliveries, discarded, lastError } of after) {
    const known = before.find((metrics) => metrics.shardId === shardId);
    const failed = failedDeliveries - (known?.failedDeliveries ?? 0);
    const lost = discarded - (known?.discarded ?? 0);
    const where = { consumer, shardId, error: lastError };
    if (failed > 0) log({ level: "warn", message: "deliveries failed and are repeated", deliveries: failed, ...where });
    if (lost > 0)
      log({ level: "error", message: "records were given up, kept under failed/", records: lost, ...where });
  }
};
export type SupervisedWorker = ReturnType<typeof supervisedWorker>;

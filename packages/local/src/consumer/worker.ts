import { parentPort, workerData } from "node:worker_threads";
import { fileBlobs } from "../blobs/file-blobs.ts";
import { dataPaths } from "../runtime/paths.ts";
import { openStreamReader } from "../stream/stream-reader.ts";
import { openSqliteTable } from "../table/sqlite-table.ts";
import { recordFilter } from "./filter.ts";
import { type HandlerModule, lateHandler, type ProbeModule } from "./handler-module.ts";
import { concurrencyLimit } from "./limit.ts";
import type { WorkerConfig, WorkerOrder, WorkerReport } from "./messages.ts";
import { blobsOnFailure } from "./on-failure.ts";
import { runShard } from "./shard-loop.ts";

/** Entry of a consumer's thread: own connections, one loop per shard. It ends when told to, or by an error. */
const METRICS_EVERY_MS = 500;
/** A second one at once brought 5 to 8 % more throughput in the benchmark, for 25 to 50 MB more. */
const INVOCATIONS_AT_ONCE = 1;

const config = workerData as WorkerConfig;
const paths = dataPaths(config.directory);
const now = Date.now;
const { reader, close: closeReader } = openStreamReader(paths.stream);
const { table, checkpoints, close: closeTable } = openSqliteTable(paths.table, { now });
const blobs = fileBlobs(paths.objects);
const makeHandler = async () => {
  const { createHandler } = (await import(config.handlerModule)) as HandlerModule;
  return await createHandler({ table, blobs, now, options: config.handlerOptions });
};
const probe = config.probeModule ? ((await import(config.probeModule)) as ProbeModule).wants : undefined;
const handler = probe ? lateHandler(makeHandler) : await makeHandler();

const source = {
  consumer: config.consumer,
  streamName: config.streamName,
  mapping: config.mapping,
  matches: recordFilter(config.mapping.filterCriteria),
  probe,
  reader,
  checkpoints,
  handler,
  limit: concurrencyLimit(INVOCATIONS_AT_ONCE),
  onFailure: blobsOnFailure(blobs),
  now,
};
const loops = config.shardIds.map((shardId) => runShard(source, shardId));

const report = (): void => {
  parentPort!.postMessage({ kind: "metrics", shards: loops.map((loop) => loop.metrics()) } satisfies WorkerReport);
};
const reporting = setInterval(report, METRICS_EVERY_MS);

parentPort!.on("message", (order: WorkerOrder) => {
  for (const loop of loops) {
    if (order.kind === "wake") loop.wake();
    if (order.kind === "flush") loop.flush();
    if (order.kind === "stop") void loop.stop();
  }
});

// Rejects when a loop fails: the error ends this thread, and the main thread starts it anew.
await Promise.all(loops.map((loop) => loop.ended));
clearInterval(reporting);
report();
closeReader();
closeTable();
parentPort!.close();

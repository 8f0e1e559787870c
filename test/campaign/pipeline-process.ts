import { setTimeout as sleep } from "node:timers/promises";
import { kinesisEndpoint } from "@tidewatch/local/kinesis/endpoint";
import { STREAM_NAME, startPipeline } from "@tidewatch/local/runtime/pipeline";
import type { PipelineOptions } from "./processes.ts";

/** The whole pipeline behind its Kinesis endpoint, as a process that can be killed. */
export type PipelineStatus = Awaited<ReturnType<Awaited<ReturnType<typeof startPipeline>>["status"]>>;
export type PipelineMessage = { kind: "ready" } | { kind: "drained"; status: PipelineStatus };

const tell = (message: PipelineMessage): void => {
  process.send?.(message);
};

const { directory, port, consumers } = JSON.parse(process.argv[2]!) as PipelineOptions;
const pipeline = await startPipeline({ directory, consumers });
const endpoint = kinesisEndpoint({
  stream: pipeline.stream,
  reader: pipeline.reader,
  streamName: STREAM_NAME,
  now: Date.now,
});
await endpoint.listen(port);
tell({ kind: "ready" });

/**
 * The archive gathers records for longer than this process mostly lives: told to go on at odd moments, it writes
 * objects of all sizes, and kills fall on its writes too.
 */
const MAX_PAUSE_MS = 300;
let stopping = false;
const hurryArchive = async (): Promise<void> => {
  while (!stopping) {
    await sleep(Math.random() * MAX_PAUSE_MS);
    await pipeline.drained();
  }
};
const hurrying = hurryArchive();

process.once("message", async () => {
  stopping = true;
  await hurrying;
  await pipeline.drained();
  tell({ kind: "drained", status: await pipeline.status() });
  await endpoint.close();
  await pipeline.close();
  process.disconnect();
});
// The campaign has gone: nobody would ever stop this process.
process.once("disconnect", () => process.exit());

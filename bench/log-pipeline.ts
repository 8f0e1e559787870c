import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogDetector } from "@tidewatch/core/log/detector";
import { totalCounts } from "@tidewatch/core/store/counts";
import { putDetector } from "@tidewatch/core/store/detectors";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { startServer } from "@tidewatch/local/runtime/server";
import { blockLog } from "./log-workload.ts";
import { stopwatch, watchMemory } from "./measure.ts";

/** Lines of one request: some 2.7 MB. */
const LINES_PER_REQUEST = 20_000;
/** Lines that the model learns from, and that warm the machine up. */
const TRAINING_LINES = 60_000;
/** The producer waits while the consumers are this far behind: the figures are those of a steady flow. */
const MAX_LAG = 100_000;

const detector = LogDetector.parse({
  id: "bench",
  match: { type: "log" },
  session: { key: { pattern: "blk_-?\\d+" }, idleSeconds: 30, minTrainingSessions: 500 },
});

/**
 * Raw lines of a log over HTTP, until each is archived and in its session, sessions that end have their verdicts, and all is
 * on the disk.
 */
export const logPipelineBench = async (lines: number) => {
  const directory = await mkdtemp(join(tmpdir(), "tidewatch-bench-"));
  const log = (entry: unknown) => console.error(JSON.stringify(entry));
  const pipeline = await startPipeline({ directory, log });
  const options = { version: "bench", host: "127.0.0.1", port: 0, kinesisPort: 0, log: () => {} };
  const server = await startServer(pipeline, options);
  try {
    await putDetector(pipeline.table, detector, undefined);
    const source = blockLog(TRAINING_LINES + lines);
    await put(server.url, source, TRAINING_LINES, pipeline);
    await pipeline.drained();
    await pipeline.train(detector.id);
    const peakBytes = watchMemory();
    const time = stopwatch();
    await put(server.url, source, lines, pipeline);
    await pipeline.drained();
    const { wallSeconds, cpuSeconds } = time();
    const counts = await totalCounts(pipeline.table, "log");
    const { archived } = (await pipeline.status()).archive;
    if (counts.lines !== TRAINING_LINES + lines || archived !== counts.lines)
      throw new Error("the counts do not add up");
    return {
      lines,
      linesPerSecond: lines / wallSeconds,
      cpuMicrosPerLine: (cpuSeconds * 1e6) / lines,
      peakMegabytes: peakBytes() / 2 ** 20,
    };
  } finally {
    await server.close();
    await pipeline.close();
    await rm(directory, { recursive: true, force: true });
  }
};

const put = async (
  url: string,
  source: Generator<string>,
  lines: number,
  { consumers }: Awaited<ReturnType<typeof startPipeline>>,
): Promise<void> => {
  for (let left = lines; left > 0; left -= LINES_PER_REQUEST) {
    const some = Array.from({ length: Math.min(left, LINES_PER_REQUEST) }, () => source.next().value);
    const answer = await fetch(`${url}/v1/events?entity=hdfs`, {
      ...{ method: "POST", headers: { "content-type": "text/plain" } },
      body: `${some.join("\n")}\n`,
    });
    if (answer.status !== 202) throw new Error(`the server answers ${answer.status}: ${await answer.text()}`);
    while (Math.max(...consumers().map(({ lag }) => lag)) > MAX_LAG) await new Promise((done) => setTimeout(done, 5));
  }
};

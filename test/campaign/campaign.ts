import { mkdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { randomFrom } from "./events.ts";
import type { PipelineStatus } from "./pipeline-process.ts";
import { type PipelineProcess, startPipelineProcess, startProducer } from "./processes.ts";
import { prepareDirectory } from "./setup.ts";

export type CampaignOptions = {
  directory: string;
  /** Over all producers. */
  records: number;
  producers: number;
  kills: number;
  consumers: number;
  keys: "entity" | "random";
  seed: number;
  log?: (line: string) => void;
};

/** Of the kills, the rest falls on a pipeline whose producers have finished, while it works off what is left. */
const SHARE_WHILE_PUTTING = 0.8;
/** Of the kills, these fall on a pipeline that is still starting. */
const SHARE_WHILE_STARTING = 0.25;
const START_WINDOW_MS = 700;
const PUT_WINDOW_MS = 200;
const DRAIN_WINDOW_MS = 1500;
const POLL_MS = 5;

export type CampaignResult = {
  status: PipelineStatus;
  kills: number;
  retries: number;
  seconds: number;
  receiptPaths: string[];
};

/**
 * Several producers put records through the Kinesis endpoint while the pipeline behind it is killed at seeded moments
 * and started again; afterwards it is left to finish. What must hold then is checked by `verify.ts`.
 */
export const runCampaign = async (options: CampaignOptions): Promise<CampaignResult> => {
  const { directory, records, consumers, log = () => {} } = options;
  const startMs = performance.now();
  const dataDirectory = join(directory, "data");
  await mkdir(dataDirectory, { recursive: true });
  await prepareDirectory(dataDirectory);
  const port = await freePort();
  const startPipeline = () => startPipelineProcess({ directory: dataDirectory, port, consumers });

  let pipeline = startPipeline();
  await pipeline.ready;
  const running = startProducers(options, `http://127.0.0.1:${port}`);
  try {
    let kills = 0;
    for await (const moment of killMoments(options, running, () => pipeline)) {
      await pipeline.kill();
      kills++;
      log(`kill ${kills} ${moment}, ${running.acknowledged()} of ${records} acknowledged`);
      pipeline = startPipeline();
    }
    await Promise.race([running.finished, neverButFailing(pipeline.failed)]);
    log(`all ${records} records acknowledged, ${kills} kills; working off the rest`);
    const status = await pipeline.drainAndStop();
    const seconds = (performance.now() - startMs) / 1000;
    return { status, kills, retries: running.retries(), seconds, receiptPaths: running.receiptPaths };
  } finally {
    running.stop();
    await pipeline.kill();
  }
};

const startProducers = ({ directory, producers, records, keys }: CampaignOptions, url: string) => {
  const receiptPaths = Array.from({ length: producers }, (_, producer) => join(directory, `receipts-${producer}.txt`));
  const running = receiptPaths.map((receiptsPath, producer) => {
    const share = Math.floor(records / producers) + (producer < records % producers ? 1 : 0);
    return startProducer({ producer, records: share, url, receiptsPath, keys });
  });
  const finished = Promise.all(running.map((producer) => producer.finished));
  finished.catch(() => {});
  return {
    receiptPaths,
    finished,
    acknowledged: () => running.reduce((sum, producer) => sum + producer.progress().acknowledged, 0),
    retries: () => running.reduce((sum, producer) => sum + producer.progress().retries, 0),
    stop: () => {
      for (const producer of running) producer.stop();
    },
  };
};
type Producers = ReturnType<typeof startProducers>;

/** Only the failure of a promise counts: its success must not win a race. */
const neverButFailing = (promise: Promise<unknown>): Promise<never> => promise.then(() => new Promise<never>(() => {}));

/** Yields at each moment to kill at, with words for it. */
async function* killMoments(options: CampaignOptions, running: Producers, pipeline: () => PipelineProcess) {
  const random = randomFrom(options.seed);
  const whilePutting = Math.round(options.kills * SHARE_WHILE_PUTTING);
  for (let kill = 0; kill < options.kills; kill++) {
    if (random() < SHARE_WHILE_STARTING) {
      await sleep(random() * START_WINDOW_MS);
      yield "while starting";
      continue;
    }
    const putting = kill < whilePutting;
    const threshold = putting ? ((kill + random()) / whilePutting) * options.records : options.records;
    const failing = [pipeline().failed, running.finished].map(neverButFailing);
    while (running.acknowledged() < threshold) await Promise.race([sleep(POLL_MS), ...failing]);
    await pipeline().ready;
    await sleep(random() * (putting ? PUT_WINDOW_MS : DRAIN_WINDOW_MS));
    yield putting ? "while putting" : "while working off";
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { RetentionRules } from "@tidewatch/core/dataset/retention";
import { AppError } from "@tidewatch/core/errors";
import { totalCounts } from "@tidewatch/core/store/counts";
import { listDetectors, partEntries } from "@tidewatch/core/store/detectors";
import type { Table } from "@tidewatch/core/store/ports";
import { summarise } from "@tidewatch/functions/api/results/summary";
import { fileBlobs } from "../blobs/file-blobs.ts";
import { openLocalBus } from "../bus/local-bus.ts";
import { datasetProcess } from "../dataset/dataset-process.ts";
import { threadJobs } from "../jobs/thread-jobs.ts";
import { localMailer } from "../mail/local-mailer.ts";
import { processExaminer } from "../probe/process-examiner.ts";
import { openSqliteStream } from "../stream/sqlite-stream.ts";
import { openSqliteTable } from "../table/sqlite-table.ts";
import { threadTrainer } from "../training/thread-trainer.ts";
import { threadSteps } from "../workflow/thread-steps.ts";
import { type ConsumerSpec, startConsumers } from "./consumers.ts";
import { lockDirectory } from "./lock.ts";
import type { Log } from "./log.ts";
import { ARCHIVE_MAPPING, LOG_MAPPING, SCORE_MAPPING } from "./mappings.ts";
import { dataPaths } from "./paths.ts";
import { startSchedules } from "./schedules.ts";

export const STREAM_NAME = "tidewatch-events";

export type PipelineOptions = {
  directory: string;
  /** Shards of a new stream; an existing one keeps its own. */
  shards?: number;
  /** Threads that score. One more archives, one takes in logs. */
  consumers?: number;
  /** The longest that anything waits for the clock: hurries schedules, where a day passes in a minute. */
  paceSeconds?: number;
  /** Called for what an operator should see. */
  log?: Log;
  /** How long the archive is kept. Default: for ever. */
  retention?: RetentionRules;
  /** Replaces the consumers that run: for tests of what happens around them. */
  specs?: readonly ConsumerSpec[];
};

/**
 * The whole pipeline on one machine: opens the stores of a data folder, locks it, and starts the consumers.
 *
 * @throws AppError UNAVAILABLE (folder in use or not writable), CORRUPT (a file that is not ours), VALIDATION
 */
export const startPipeline = async (options: PipelineOptions) => {
  const directory = resolve(options.directory);
  checkFolder(directory);
  const closers: (() => void | Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const closer of closers.splice(0).reverse()) {
      await Promise.resolve()
        .then(closer)
        .catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    return await openAll(directory, options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
};
export type Pipeline = Awaited<ReturnType<typeof startPipeline>>;

const openAll = async (
  directory: string,
  options: PipelineOptions,
  closers: (() => void | Promise<void>)[],
  close: () => Promise<void>,
) => {
  const { shards, consumers = 1, paceSeconds, log = () => {}, retention = {} } = options;
  const { specs = consumerSpecs(consumers) } = options;
  const now = Date.now;
  const paths = dataPaths(directory);
  closers.push(lockDirectory(directory).release);
  const opened = openSqliteStream(paths.stream, { now, ...(shards === undefined ? {} : { shards }) });
  closers.push(opened.close);
  const { stream, reader } = opened;
  const { table, feed, checkpoints, sweepExpired, digest, close: closeTable } = openSqliteTable(paths.table, { now });
  closers.push(closeTable);
  const blobs = fileBlobs(paths.objects);

  const { bus, subscribe, close: closeBus } = openLocalBus(paths.bus, { now });
  closers.push(closeBus);

  const running = startConsumers({ directory, streamName: STREAM_NAME, reader, checkpoints, log }, specs);
  closers.push(running.stop);
  closers.push(opened.onAppend(running.wake));
  const trainer = threadTrainer(directory);
  const { train } = trainer;
  const step = threadSteps({ table, blobs, clock: now }, trainer, paceSeconds);
  const mailer = localMailer(paths.mail, now);
  const { datasets, compact, close: closeDatasets } = datasetProcess(directory, blobs);
  const consumerNames = specs.map(({ name }) => name);
  const stores = { table, blobs, bus, mailer, reader, checkpoints, clock: now, log, consumers: consumerNames };
  const jobsByClock = { train, step, trim: opened.trim, sweepExpired, compact, retention, paceSeconds };
  closers.push(startSchedules(paths.schedules, { ...stores, ...jobsByClock }).close);
  // Before the schedules, which wait for the job that is under way.
  closers.push(trainer.close, closeDatasets);

  const jobs = threadJobs(directory, { table, blobs, clock: now, log });
  closers.push(jobs.close);

  return {
    stream,
    reader,
    table,
    feed,
    blobs,
    bus,
    subscribe,
    checkpoints,
    digest,
    /** Trains in a thread of its own. */
    train,
    /** Freezes datasets in a process of its own. */
    datasets,
    /** Done in a thread of its own. */
    orderBacktest: jobs.orderBacktest,
    /** Tries a foreign model in a process of its own. */
    examine: processExaminer(),
    /** How far each consumer is behind each shard, in records. */
    consumers: running.lags,
    /** Totals of the stages and of each detector's series, and each consumer's state. */
    status: async () => ({
      archive: await totalCounts(table, "archive"),
      score: await totalCounts(table, "score"),
      log: await totalCounts(table, "log"),
      detectors: await detectorCounts(table),
      consumers: running.states(),
    }),
    /** Resolves when every record that is on the stream now is archived, and scored or taken in as a line. */
    drained: running.drained,
    /** Finishes the batches under way, then closes everything. */
    close,
  };
};

/** A batch of lines leaves three times as much behind as one of metrics: with 12 MB a fifth of the time goes to clearing up. */
const LOG_YOUNG_MEGABYTES = 36;

const consumerSpecs = (consumers: number): ConsumerSpec[] => [
  { name: "archive", mapping: ARCHIVE_MAPPING, handlerModule: moduleUrl("archive-consumer.ts"), workers: 1 },
  { name: "score", mapping: SCORE_MAPPING, handlerModule: moduleUrl("score-consumer.ts"), workers: consumers },
  // Few streams are full of log lines: until one comes, this thread only glances at what is put.
  {
    ...{ name: "log", mapping: LOG_MAPPING, handlerModule: moduleUrl("log-consumer.ts") },
    ...{ probeModule: moduleUrl("log-probe.ts"), workers: 1, youngMegabytes: LOG_YOUNG_MEGABYTES },
  },
];

const detectorCounts = async (table: Table) => {
  const { metric, unreadable } = partEntries(await listDetectors(table));
  const ids = [...metric, ...unreadable].map(({ id }) => id);
  const summaries = await Promise.all(ids.map((id) => summarise(table, id)));
  return summaries.map(({ series, counts }, index) => ({ id: ids[index]!, series, ...counts }));
};

const moduleUrl = (file: string): string => new URL(file, import.meta.url).href;

/** Says it about the folder, before a store says it about a file of its own. */
const checkFolder = (directory: string): void => {
  try {
    makeFolder(directory);
    accessSync(directory, constants.W_OK);
  } catch (error) {
    const isFile = statSync(directory, { throwIfNoEntry: false })?.isFile() ?? false;
    const why = isFile ? "is a file" : `cannot be made or written (${(error as NodeJS.ErrnoException).code})`;
    throw new AppError("UNAVAILABLE", `the data folder ${directory} ${why}: choose another one`, { cause: error });
  }
};

/** Step by step: Node's recursive mkdir never returns below /proc and its like. */
const makeFolder = (directory: string): void => {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(directory) !== directory) makeFolder(dirname(directory));
  mkdirSync(directory);
};

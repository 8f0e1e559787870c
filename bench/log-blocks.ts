import { LogDetector } from "@tidewatch/core/log/detector";
import type { LogModel } from "@tidewatch/core/log/model";
import { loadLogModel } from "@tidewatch/core/register/log-models";
import type { StreamEntry, Table } from "@tidewatch/core/store/ports";
import { trainLogDetector } from "@tidewatch/core/train/log/run";
import { logHandler } from "@tidewatch/functions/log-handler";
import { memoryBlobs } from "../test/support/memory-blobs.ts";
import { memoryTable } from "../test/support/memory-table.ts";
import { lambdaEvent } from "./lambda-event.ts";
import { blockLog } from "./log-workload.ts";
import { T0 } from "./workload.ts";

/** Of lines that follow each other by two milliseconds, so that a block's take some 15 seconds. */
export const MS_PER_LINE = 2;
export const BATCH_LINES = 2500;
const TRAINING_LINES = 60_000;

export const blockDetector = (parts: object = {}) =>
  LogDetector.parse({
    id: "blocks",
    match: { type: "log" },
    session: { key: { pattern: "blk_-?\\d+" }, idleSeconds: 30, minTrainingSessions: 500 },
    ...parts,
  });

/** As the API puts lines onto the stream. */
export const lineEntry = (message: string, timestamp: number): StreamEntry => ({
  partitionKey: "datanode-01",
  data: Buffer.from(JSON.stringify({ type: "log", entity: "datanode-01", timestamp, message })),
});

export const blockEntries = (lines: readonly string[], fromMs: number): StreamEntry[] =>
  lines.map((line, index) => lineEntry(line, fromMs + index * MS_PER_LINE));

/** The real handler of log lines, over a table. */
export const blockHandler = (table: Table, detector: LogDetector, model: LogModel | undefined) =>
  logHandler({
    table,
    detectors: async () => [detector],
    modelOf: async () => model,
    onFailed: () => Promise.reject(new Error("a line failed")),
    onReport: () => {},
  });

/** A model that learnt from some thousand blocks, without labels, and the lines that follow. */
export const trainedOnBlocks = async () => {
  const [table, blobs] = [memoryTable(() => T0), memoryBlobs()];
  const detector = blockDetector();
  const lines = blockLog(Number.POSITIVE_INFINITY);
  const handler = blockHandler(table, detector, undefined);
  for (let first = 0; first < TRAINING_LINES; first += BATCH_LINES) {
    const fromMs = T0 + (first - TRAINING_LINES) * MS_PER_LINE;
    await handler(lambdaEvent(blockEntries(take(lines, BATCH_LINES), fromMs), first, fromMs));
  }
  const { version } = await trainLogDetector({ table, blobs, clock: () => T0 }, detector);
  const model = await loadLogModel({ blobs }, detector.id, version);
  if (!model) throw new Error("the model that was trained is not there");
  return { model, lines, nextRecord: TRAINING_LINES };
};

export const take = <T>(from: Iterator<T>, count: number): T[] =>
  Array.from({ length: count }, () => from.next().value as T);

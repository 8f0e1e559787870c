import { join } from "node:path";
import { type BacktestWish, orderBacktest, runJob } from "@tidewatch/core/backtest/job";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import { trainerOf } from "@tidewatch/core/train/run";
import { createApi } from "@tidewatch/functions/api/create-api";
import { Problem } from "@tidewatch/functions/api/http/problem";
import type { LogEntry } from "@tidewatch/functions/api/ports";
import { archiveDatasets } from "@tidewatch/functions/dataset/datasets";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { fileBlobs } from "@tidewatch/local/blobs/file-blobs";
import { openSqliteStream } from "@tidewatch/local/stream/sqlite-stream";
import { openSqliteTable } from "@tidewatch/local/table/sqlite-table";
import type { z } from "zod";
import { examineHere, fastModels } from "../support/examine-here.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

export const NOW_MS = Date.UTC(2026, 10, 21, 12, 0, 0);

/** The API over real adapters in a folder of its own. `clock.nowMs` moves only when a test moves it. */
export const startApi = ({ requireKeys = false } = {}) => {
  const folder = temporaryFolder();
  const clock = { nowMs: NOW_MS };
  const now = () => clock.nowMs;
  const logs: LogEntry[] = [];
  const ordered: string[] = [];
  const stream = openSqliteStream(join(folder.path, "stream.db"), { shards: 4, now });
  const table = openSqliteTable(join(folder.path, "table.db"), { now });
  const blobs = fileBlobs(join(folder.path, "blobs"));
  const ports = {
    version: "0.0.0-test",
    stream: stream.stream,
    table: table.table,
    blobs,
    runtime: onnxRuntime(),
    clock: now,
    train: trainerOf({ table: table.table, blobs, clock: now, ...fastModels }),
    examine: examineHere,
    datasets: archiveDatasets({ table: table.table, blobs, clock: now }, { memoryMegabytes: 64, threads: 1 }),
    orderBacktest: async (wish: BacktestWish) => {
      const job = await orderBacktest({ table: table.table, blobs, clock: now }, wish);
      ordered.push(job.id);
      return job;
    },
    log: (entry: LogEntry) => logs.push(entry),
    requireKeys,
    consumers: () => [],
  };
  const app = createApi(ports);
  return {
    app,
    ports,
    clock,
    logs,
    /** Does the jobs that were ordered: here nothing goes on by itself. */
    doJobs: async () => {
      for (const id of ordered.splice(0)) await runJob({ ...ports, clock: now }, id);
    },
    records: (): StreamRecord[] =>
      stream.reader
        .shardIds()
        .flatMap((shardId) => stream.reader.read(shardId, undefined, { records: 1e6, bytes: 1e9 })),
    stop: async () => {
      await stream.close();
      table.close();
      folder.remove();
    },
  };
};
export type TestApi = ReturnType<typeof startApi>;

export const json = (body: unknown, headers: Record<string, string> = {}) => ({
  body: JSON.stringify(body),
  headers: { "content-type": "application/json", ...headers },
});

/** Status and problem document of an answer; fails unless it is one that the OpenAPI document describes. */
export const problemOf = async (response: Response) => {
  const problem = Problem.strict().parse(await response.json());
  if (problem.status !== response.status) throw new Error(`status ${response.status}, document says ${problem.status}`);
  return problem;
};

/** The answer's JSON, checked against the very schema that the OpenAPI document shows for it. */
export const bodyOf = async <T extends z.ZodType>(response: Response, schema: T): Promise<z.output<T>> =>
  schema.parse(await response.json());

export const hostDetector = { id: "host", features: [{ metric: "cpu" }, { metric: "memory" }] };

export const metricEvent = (entity: string, timestamp: number, values: Record<string, unknown>) => ({
  type: "metric",
  entity,
  timestamp,
  values,
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { orderBacktest } from "@tidewatch/core/backtest/job";
import type { BusEvent, Item } from "@tidewatch/core/store/ports";
import { trainerOf } from "@tidewatch/core/train/run";
import { createApi } from "@tidewatch/functions/api/create-api";
import type { ApiPorts } from "@tidewatch/functions/api/ports";
import { noDatasets } from "@tidewatch/functions/lambda/no-datasets";
import { logLookups } from "@tidewatch/functions/log-lookups";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { sweepHandler } from "@tidewatch/functions/sweep-handler";
import { trainHandler } from "@tidewatch/functions/train-handler";
import { fileBlobs } from "@tidewatch/local/blobs/file-blobs";
import { createHandler as archiveConsumer } from "@tidewatch/local/runtime/archive-consumer";
import { createHandler as logConsumer } from "@tidewatch/local/runtime/log-consumer";
import { createHandler as scoreConsumer } from "@tidewatch/local/runtime/score-consumer";
import { openSqliteStream } from "@tidewatch/local/stream/sqlite-stream";
import { openSqliteTable } from "@tidewatch/local/table/sqlite-table";
import { type ItemRow, itemOf } from "@tidewatch/local/table/table-file";
import Database from "better-sqlite3";
import { examineHere, fastModels } from "../../support/examine-here.ts";

/** The handlers of the local pipeline over its own stores, called by hand instead of by its consumers and schedules. */
export const openEmbedded = async (nowMs: number) => {
  const scratch = mkdtempSync(join(tmpdir(), "tidewatch-embedded-"));
  const now = () => nowMs;
  const path = join(scratch, "table.sqlite");
  const opened = openSqliteTable(path, { now });
  const stream = openSqliteStream(join(scratch, "stream.sqlite"), { shards: 1, now });
  const blobs = fileBlobs(join(scratch, "objects"));
  const { table } = opened;
  const published: BusEvent[] = [];
  const context = { table, blobs, now, options: {} };
  const train = trainerOf({ table, blobs, clock: now, ...fastModels });
  const orderOf: ApiPorts["orderBacktest"] = (wish) => orderBacktest({ table, blobs, clock: now }, wish);
  const newApi = () =>
    createApi({
      ...{ version: "0.1.0", stream: stream.stream, table, blobs, clock: now, log: () => {}, requireKeys: false },
      ...{ runtime: onnxRuntime(), train, examine: examineHere, datasets: noDatasets, orderBacktest: orderOf },
      consumers: () => [],
    });
  return {
    score: await scoreConsumer(context),
    archive: await archiveConsumer(context),
    log: await logConsumer(context),
    sweep: (atMs: number) =>
      sweepHandler({
        ...{ table, clock: () => atMs, onReport: () => {} },
        ...logLookups({ table, blobs, clock: now }, { detectorsMaxAgeMs: 0, modelsMaxAgeMs: 0, onBad: () => {} }),
      })(),
    train: trainHandler({
      ...{ table, blobs, clock: now, train, onReport: () => {} },
      bus: {
        publish: async (events) => {
          published.push(...events);
        },
      },
    }),
    newApi,
    reader: stream.reader,
    table,
    blobs,
    published,
    /** Every item there is, as it is stored. */
    items: (): Item[] => storedItems(path),
    close: async () => {
      await stream.close();
      opened.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
};

const storedItems = (path: string): Item[] => {
  const db = new Database(path, { readonly: true });
  const rows = db.prepare<[], ItemRow>("SELECT pk, sk, version, doc, bytes, expires FROM item").all();
  db.close();
  return rows.flatMap((row) => itemOf(row.pk, row.sk, row) ?? []);
};

export type Embedded = Awaited<ReturnType<typeof openEmbedded>>;

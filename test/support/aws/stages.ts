import { orderBacktest } from "@tidewatch/core/backtest/job";
import type { LogReport } from "@tidewatch/core/log/stage/run";
import { scorerCache } from "@tidewatch/core/register/scorer-cache";
import type { ScoreReport } from "@tidewatch/core/score/run";
import { detectorLister } from "@tidewatch/core/store/detectors";
import type { Blobs, Clock, EventStream, StreamRecord, Table } from "@tidewatch/core/store/ports";
import { trainerOf } from "@tidewatch/core/train/run";
import { createApi } from "@tidewatch/functions/api/create-api";
import { archiveHandler } from "@tidewatch/functions/archive-handler";
import { noDatasets } from "@tidewatch/functions/lambda/no-datasets";
import { logHandler } from "@tidewatch/functions/log-handler";
import { logLookups } from "@tidewatch/functions/log-lookups";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { scoreHandler } from "@tidewatch/functions/score-handler";
import { toKinesisEvent } from "@tidewatch/local/consumer/invocation";
import { examineHere, fastModels } from "../examine-here.ts";

export type StagePorts = { table: Table; blobs: Blobs; stream: EventStream; clock: Clock };

/** Records that Lambda hands over at once; more than a shard has here come in several batches. */
const BATCH = 100;

/** API, archive, scorer and log stage over the given ports, driven as API Gateway and Lambda's event-source mappings drive them. */
export const stagesOver = ({ table, blobs, stream, clock }: StagePorts) => {
  const runtime = onnxRuntime();
  const reports: ScoreReport[] = [];
  const archive = archiveHandler({ table, blobs });
  const fail = (_id: string, error: Error) => {
    throw error;
  };
  const score = scoreHandler({
    table,
    detectors: detectorLister(table, clock, 0, fail),
    scorerOf: scorerCache({ table, blobs, runtime, clock }, { maxAgeMs: 0 }),
    onFailed: async (failed) => {
      throw new Error(`cannot be applied: ${failed[0]!.reason}`);
    },
    onReport: (report) => void reports.push(report),
  });
  const logReports: LogReport[] = [];
  const log = logHandler({
    table,
    ...logLookups({ table, blobs, clock }, { detectorsMaxAgeMs: 0, modelsMaxAgeMs: 0, onBad: fail }),
    onFailed: async (failed) => {
      throw new Error(`cannot be applied: ${failed[0]!.reason}`);
    },
    onReport: (report) => void logReports.push(report),
  });
  const api = createApi({
    ...{ version: "0.0.0-test", stream, table, blobs, runtime, clock },
    train: trainerOf({ table, blobs, clock, ...fastModels }),
    examine: examineHere,
    datasets: noDatasets,
    orderBacktest: (wish) => orderBacktest({ table, blobs, clock }, wish),
    log: ({ failure, ...entry }) => {
      if (failure) throw new Error(JSON.stringify(entry), { cause: failure });
    },
    requireKeys: false,
    consumers: () => [],
  });

  return {
    reports,
    logReports,
    /** Hands a shard's records to all handlers, in batches. */
    deliver: async (records: readonly StreamRecord[]): Promise<void> => {
      for (let start = 0; start < records.length; start += BATCH) {
        const event = toKinesisEvent("events", records.slice(start, start + BATCH));
        for (const handler of [archive, score, log]) {
          const { batchItemFailures } = await handler(event);
          if (batchItemFailures.length > 0) throw new Error(`failed: ${JSON.stringify(batchItemFailures)}`);
        }
      }
    },
    /** The JSON of an answer that went well. */
    call: async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
      const json = { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      const response = await api.request(path, { method, ...(body !== undefined && json) });
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as Record<string, unknown>;
    },
  };
};

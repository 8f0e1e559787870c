import { type LogPorts, type LogReport, logBatch } from "@tidewatch/core/log/stage/run";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from "aws-lambda";
import { inflate } from "./inflate.ts";
import { ALL_DONE, recordsOf } from "./kinesis-event.ts";
import { isForLogs } from "./log-records.ts";

export type LogHandlerPorts = Omit<LogPorts, "inflate"> & {
  /** Keeps lines that cannot be applied; they are safe when it returns. A repeat replaces. */
  onFailed: (failed: LogReport["failed"]) => Promise<void>;
  /** What came of each batch, for logs and metrics; `records` are those that Lambda handed over. */
  onReport: (report: LogReport, records: readonly StreamRecord[]) => void;
};

/**
 * Where records of CloudWatch Logs come, the mapping filters nothing, so that metric events are put aside here, by their first
 * bytes. Failures as the scorer's: what cannot be applied is kept, what is thrown fails the whole batch.
 */
export const logHandler = ({ onFailed, onReport, ...given }: LogHandlerPorts) => {
  // One object: the stage remembers by it what it knows of earlier batches.
  const ports: LogPorts = { ...given, inflate };
  return async (event: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> => {
    const records = recordsOf(event).filter(({ data }) => isForLogs(data));
    if (records.length === 0) return ALL_DONE;
    const report = await logBatch(ports, records);
    if (report.failed.length > 0) await onFailed(report.failed);
    onReport(report, records);
    return ALL_DONE;
  };
};

import { type ScorePorts, type ScoreReport, scoreBatch } from "@tidewatch/core/score/run";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from "aws-lambda";
import { ALL_DONE, recordsOf } from "./kinesis-event.ts";

export type ScoreHandlerPorts = ScorePorts & {
  /** Keeps deliveries that cannot be applied; they are safe when it returns. A repeat replaces. */
  onFailed: (failed: ScoreReport["failed"]) => Promise<void>;
  /** What came of each batch, for logs and metrics; `records` are those that Lambda handed over. */
  onReport: (report: ScoreReport, records: readonly StreamRecord[]) => void;
};

/**
 * What cannot be applied is kept before the batch is acknowledged. What is thrown fails the whole batch: it is repeated
 * or bisected by the mapping, and what it had written is skipped then.
 */
export const scoreHandler =
  ({ onFailed, onReport, ...ports }: ScoreHandlerPorts) =>
  async (event: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> => {
    const records = recordsOf(event);
    const report = await scoreBatch(ports, records);
    if (report.failed.length > 0) await onFailed(report.failed);
    onReport(report, records);
    return ALL_DONE;
  };

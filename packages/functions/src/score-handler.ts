import { type ScorePorts, type ScoreReport, scoreBatch } from "@tidewatch/core/score/run";
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from "aws-lambda";
import { ALL_DONE, recordsOf } from "./kinesis-event.ts";

/**
 * A failure fails the whole batch: it is repeated or bisected by the mapping, and what it had written is skipped then.
 * @param onReport what came of each batch, for logs and metrics
 */
export const scoreHandler =
  (ports: ScorePorts, onReport: (report: ScoreReport) => void = () => {}) =>
  async (event: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> => {
    onReport(await scoreBatch(ports, recordsOf(event)));
    return ALL_DONE;
  };

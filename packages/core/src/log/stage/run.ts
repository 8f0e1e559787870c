import type { Inflate } from "../../ingest/decode-record.ts";
import type { FailedRecord } from "../../score/series.ts";
import type { StreamRecord, Table } from "../../store/ports.ts";
import type { LogDetector } from "../detector.ts";
import type { LogModel } from "../model.ts";

export type LogPorts = {
  table: Table;
  inflate: Inflate;
  /** Enabled log detectors, asked once per batch. */
  detectors: () => Promise<readonly LogDetector[]>;
  /** The detector's live model, `undefined` when there is none; also asked once per batch and detector. */
  modelOf: (detectorId: string) => Promise<LogModel | undefined>;
};

/** `lines = unmatched +` matched; `deliveries`, pairs of a line and a detector, are applied, repeated or failed. */
export type LogReport = {
  received: number;
  /** Records that are no log events. */
  ignored: number;
  invalid: number;
  lines: number;
  unmatched: number;
  deliveries: number;
  newTemplates: number;
  sessionsWritten: number;
  sessionsEnded: number;
  anomalousSessions: number;
  conflicts: number;
  failed: FailedRecord[];
  unusableModels: { detector: string; reason: string }[];
};

/** Takes the log events of one batch into templates, sessions and rates, each line exactly once in effect. */
export const logBatch = async (_ports: LogPorts, _records: readonly StreamRecord[]): Promise<LogReport> => {
  throw new Error("contract");
};

/**
 * Ends the sessions whose key has been silent, by the clock of arrivals, for longer than their time-out: of logs that
 * have stopped, which no later line ends. Bounded per call; harmless to repeat.
 */
export const endSilentSessions = async (_ports: Omit<LogPorts, "inflate">, _nowMs: number): Promise<number> => {
  throw new Error("contract");
};

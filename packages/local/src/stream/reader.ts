import type { StreamRecord } from "@tidewatch/core/store/ports";

/** The reading side of the embedded stream, shared by the consumers and the Kinesis endpoint. Synchronous, as SQLite is. */
export type StreamReader = {
  shardIds(): string[];
  /** Records after a sequence number (`undefined`: from the oldest kept), at least one if there is any, else empty. */
  read(
    shardId: string,
    afterSequenceNumber: string | undefined,
    limits: { records: number; bytes: number },
  ): StreamRecord[];
  latestSequenceNumber(shardId: string): string | undefined;
  /** The last record that arrived before the time: reading after it starts at the time. */
  lastSequenceNumberBefore(shardId: string, timestampMs: number): string | undefined;
};

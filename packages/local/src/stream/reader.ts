import type { StreamRecord } from "@tidewatch/core/store/ports";

/** Whether the record whose data stand at `from` to `to` of a segment's bytes is wanted. */
export type RecordProbe = (bytes: Buffer, from: number, to: number) => boolean;

/** The reading side of the embedded stream, shared by the consumers and the Kinesis endpoint. Synchronous, as SQLite is. */
export type StreamReader = {
  shardIds(): string[];
  /** Records after a sequence number (`undefined`: from the oldest kept), at least one if there is any, else empty. */
  read(
    shardId: string,
    afterSequenceNumber: string | undefined,
    limits: { records: number; bytes: number },
  ): StreamRecord[];
  /**
   * The records among these that are wanted, and the last one that was looked at, if any. `limits.bytes` counts all of them.
   * Those that are not wanted cost next to nothing: no object is made of them.
   */
  search(
    shardId: string,
    afterSequenceNumber: string | undefined,
    limits: { records: number; bytes: number },
    wants: RecordProbe,
  ): { records: StreamRecord[]; through: string | undefined };
  latestSequenceNumber(shardId: string): string | undefined;
  /** The last record that arrived before the time: reading after it starts at the time. */
  lastSequenceNumberBefore(shardId: string, timestampMs: number): string | undefined;
};

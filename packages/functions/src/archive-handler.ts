import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type ArchivePorts, type ArchiveReport, archiveBatch, type Gzip } from "@tidewatch/core/ingest/archive";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from "aws-lambda";
import { inflate } from "./inflate.ts";
import { ALL_DONE, recordsOf } from "./kinesis-event.ts";

/** Level 1 packs events to about a sixth at a third of the default level's CPU time. */
const GZIP_LEVEL = 1;
const gzipped = promisify(gzip);
const fastGzip: Gzip = (bytes) => gzipped(bytes, { level: GZIP_LEVEL });

export type ArchiveHandlerPorts = Omit<ArchivePorts, "gzip" | "inflate"> & {
  /** What came of each batch, for logs and metrics. */
  onReport?: (report: ArchiveReport, records: readonly StreamRecord[]) => void;
};

/** A failure of table or objects fails the whole batch: it is repeated and overwrites what it left. */
export const archiveHandler =
  ({ onReport, ...ports }: ArchiveHandlerPorts) =>
  async (event: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> => {
    const records = recordsOf(event);
    const report = await archiveBatch({ ...ports, gzip: fastGzip, inflate }, records);
    onReport?.(report, records);
    return ALL_DONE;
  };

import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type ArchivePorts, archiveBatch, type Gzip } from "@tidewatch/core/ingest/archive";
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from "aws-lambda";
import { ALL_DONE, recordsOf } from "./kinesis-event.ts";

/** Level 1 packs events to about a sixth at a third of the default level's CPU time. */
const GZIP_LEVEL = 1;
const gzipped = promisify(gzip);
const fastGzip: Gzip = (bytes) => gzipped(bytes, { level: GZIP_LEVEL });

/** A failure of table or objects fails the whole batch: it is repeated and overwrites what it left. */
export const archiveHandler =
  (ports: Omit<ArchivePorts, "gzip">) =>
  async (event: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> => {
    await archiveBatch({ ...ports, gzip: fastGzip }, recordsOf(event));
    return ALL_DONE;
  };

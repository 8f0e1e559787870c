import { gzipSync } from "node:zlib";
import { DatasetQuery } from "@tidewatch/core/dataset/dataset";
import type { Detector } from "@tidewatch/core/detector";
import { archiveBatch } from "@tidewatch/core/ingest/archive";
import type { Blobs, StreamRecord } from "@tidewatch/core/store/ports";
import { type CompactReport, compactArchive } from "@tidewatch/functions/dataset/compact";
import { archiveDatasets } from "@tidewatch/functions/dataset/datasets";
import { inflate } from "@tidewatch/functions/inflate";
import { memoryBlobs } from "./memory-blobs.ts";
import { memoryTable } from "./memory-table.ts";
import { metric, record, T0 } from "./scoring.ts";

const LIMITS = { memoryMegabytes: 64, threads: 1 };
const HOUR_MS = 3_600_000;

/** An archive in memory, and what is made of it. */
export const datasetWorld = () => {
  const table = memoryTable();
  const blobs = memoryBlobs();
  const gzip = async (bytes: Uint8Array) => gzipSync(bytes);
  return {
    table,
    blobs,
    archive: (records: StreamRecord[]) => archiveBatch({ table, blobs, gzip, inflate }, records),
    datasets: archiveDatasets({ table, blobs, clock: () => T0 }, LIMITS),
    /** As if it were so many hours after T0. */
    compact: (hours: number, over: Blobs = blobs): Promise<CompactReport> =>
      compactArchive({ blobs: over, clock: () => T0 + hours * HOUR_MS, limits: LIMITS }, T0 + hours * HOUR_MS),
  };
};

export const queryOf = (of: Detector, more: Partial<DatasetQuery> = {}): DatasetQuery =>
  DatasetQuery.parse({ detector: of, fromMs: T0, toMs: T0 + 24 * HOUR_MS, exclude: [], maxRows: 100_000, ...more });

/** Events of two entities, one a second but for gaps, some late, some without a value; each arrives a second later. */
export const records = (count: number): StreamRecord[] =>
  Array.from({ length: count }, (_, at) => {
    const entity = at % 3 === 0 ? "b" : "a";
    const seconds = at + (at > count / 2 ? 900 : 0) - (at % 7 === 0 ? 30 : 0) - (at % 31 === 0 ? 500 : 0);
    const cpu = at % 11 === 0 ? null : Math.sin(at / 10);
    return record(at, metric(entity, 600 + seconds, { cpu, memory: at % 13 }), at % 2, T0 + (601 + at) * 1000);
  });

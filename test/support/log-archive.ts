import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { archiveBatch } from "@tidewatch/core/ingest/archive";
import type { LogEvent } from "@tidewatch/core/ingest/event";
import { lineDigest } from "@tidewatch/core/log/line/digest";
import type { LogModel } from "@tidewatch/core/log/model";
import type { LinePointer } from "@tidewatch/core/log/session/session";
import { logBatch } from "@tidewatch/core/log/stage/run";
import type { Blobs, StreamRecord, Table } from "@tidewatch/core/store/ports";
import { inflate } from "@tidewatch/functions/inflate";
import { type LineSpec, logDetector, logPorts, logRecords } from "./log-stage.ts";
import { memoryBlobs } from "./memory-blobs.ts";
import { memoryTable } from "./memory-table.ts";
import { record, T0 } from "./scoring.ts";

const [zip, unzip] = [promisify(gzip), promisify(gunzip)];
export const gunzipped = (bytes: Uint8Array): Promise<Uint8Array> => unzip(bytes);

/** When records of these helpers arrive, unless they say otherwise. */
export const ARRIVAL_MS = T0 + 24 * 3_600_000;

export const logEvent = (message: string, seconds = 0, rest: object = {}): LogEvent => ({
  ...{ type: "log", entity: "web", timestamp: T0 + seconds * 1000, message },
  ...rest,
});

/** Puts records into the archive, as its consumer does. */
export const archived = async (
  ports: { table: Table; blobs: Blobs },
  records: readonly StreamRecord[],
): Promise<void> => {
  await archiveBatch({ ...ports, inflate, gzip: (bytes) => zip(bytes) }, records);
};

/** What the log stage notes of an event's record. */
export const pointerTo = (event: LogEvent, number: number, shard = 0, arrivalMs = ARRIVAL_MS): LinePointer => {
  const { shardId, sequenceNumber } = record(number, event, shard, arrivalMs);
  return { shardId, sequenceNumber, arrivalMs, part: 0, digest: lineDigest(event) };
};

/** A table and an archive in which these lines were taken, a batch each. */
export const logWorld = async (batches: readonly LineSpec[][], model?: LogModel) => {
  const ports = { table: memoryTable(), blobs: memoryBlobs(), gunzip: gunzipped };
  const stage = logPorts(ports.table, [logDetector()], model);
  let first = 1;
  for (const lines of batches) {
    const records = logRecords(lines, first);
    await logBatch(stage, records);
    await archived(ports, records);
    first += lines.length;
  }
  return ports;
};

/** A job that fails after its first two lines: one is too many, and what should come after it is missing. */
export const faultyJob = (job: number, second: number): LineSpec[] => [
  ["start", job, second],
  ["read", job, second + 1],
  ["fault", job, second + 2],
];

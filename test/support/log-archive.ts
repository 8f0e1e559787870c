import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { archiveBatch } from "@tidewatch/core/ingest/archive";
import type { LogEvent } from "@tidewatch/core/ingest/event";
import { lineDigest } from "@tidewatch/core/log/line/digest";
import type { LinePointer } from "@tidewatch/core/log/session/session";
import type { Blobs, StreamRecord, Table } from "@tidewatch/core/store/ports";
import { inflate } from "@tidewatch/functions/inflate";
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

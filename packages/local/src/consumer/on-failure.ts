import { archiveFolder } from "@tidewatch/core/ingest/archive";
import { quarantineLine } from "@tidewatch/core/ingest/archive-line";
import type { Blobs, StreamRecord } from "@tidewatch/core/store/ports";
import type { DiscardCondition } from "./retry.ts";

export type Discarded = {
  records: StreamRecord[];
  condition: DiscardCondition;
  reason: string;
  attempts: number;
};
/** Keeps what a consumer gave up on. When it returns, the records are safe. */
export type OnFailure = (consumer: string, discarded: Discarded) => Promise<void>;

/**
 * `failed/<consumer>/dt=…/hour=…/<shardId>-<first sequence number>.ndjson`, lines as in quarantine. On AWS the
 * destination gets where the records were and not what they held; here their data are kept too. Not under
 * `quarantine/`: a valid event that a consumer fails on is in the archive all the same, and the archive and the
 * quarantine together hold each record once.
 */
export const blobsOnFailure =
  (blobs: Blobs): OnFailure =>
  async (consumer, { records, condition, reason, attempts }) => {
    const first = records[0];
    if (!first) return;
    const why = `${condition} after ${attempts} failed deliveries: ${reason}`;
    const lines = records.map((record) => `${quarantineLine(record, why)}\n`).join("");
    const key = `${archiveFolder(`failed/${consumer}`, first.arrivalMs)}/${first.shardId}-${first.sequenceNumber}.ndjson`;
    await blobs.put(key, new TextEncoder().encode(lines));
  };

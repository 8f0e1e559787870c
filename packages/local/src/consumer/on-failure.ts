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
    const why = `${condition} after ${attempts} failed deliveries: ${reason}`;
    await keepFailed(
      blobs,
      consumer,
      records.map((record) => ({ record, reason: why })),
    );
  };

/** Under the name of the first record, so that a repeat replaces. The records are of one shard, in order. */
export const keepFailed = async (
  blobs: Blobs,
  consumer: string,
  failed: readonly { record: StreamRecord; reason: string }[],
): Promise<void> => {
  const first = failed[0]?.record;
  if (!first) return;
  const lines = failed.map(({ record, reason }) => `${quarantineLine(record, reason)}\n`).join("");
  const key = `${archiveFolder(`failed/${consumer}`, first.arrivalMs)}/${first.shardId}-${first.sequenceNumber}.ndjson`;
  await blobs.put(key, new TextEncoder().encode(lines));
};

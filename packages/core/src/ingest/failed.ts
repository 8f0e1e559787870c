import type { Blobs, StreamRecord } from "../store/ports.ts";
import { archiveFolder } from "./archive.ts";
import { quarantineLine } from "./archive-line.ts";

/** Root of what a consumer could not apply, or was given up for it. */
export const failedRoot = (consumer: string): string => `failed/${consumer}`;

/**
 * Keeps records that a consumer could not apply: `failed/<consumer>/dt=…/hour=…/<shardId>-<first sequence number>.ndjson`,
 * lines as in quarantine. Not under `quarantine/`: a valid event that a consumer fails on is in the archive all the same,
 * and the archive and the quarantine together hold each record once.
 *
 * Under the name of the first record, so that a repeat replaces. The records are of one shard, in order.
 */
export const keepFailed = async (
  blobs: Blobs,
  consumer: string,
  failed: readonly { record: StreamRecord; reason: string }[],
): Promise<void> => {
  const first = failed[0]?.record;
  if (!first) return;
  const lines = failed.map(({ record, reason }) => `${quarantineLine(record, reason)}\n`).join("");
  const folder = archiveFolder(failedRoot(consumer), first.arrivalMs);
  const key = `${folder}/${first.shardId}-${first.sequenceNumber}.ndjson`;
  await blobs.put(key, new TextEncoder().encode(lines));
};

import type { Blobs, StreamRecord } from "../store/ports.ts";
import { archiveFolder } from "./archive.ts";
import { quarantineLine } from "./archive-line.ts";
import { compareSequence } from "./sequence.ts";

/** Root of what a consumer could not apply, or was given up for it. */
export const failedRoot = (consumer: string): string => `failed/${consumer}`;

/** `failed/<consumer>/dt=…/hour=…/<shardId>-<sequence number>.ndjson`, after the first record in it. */
export const failedKey = (consumer: string, { shardId, sequenceNumber, arrivalMs }: StreamRecord): string =>
  `${archiveFolder(failedRoot(consumer), arrivalMs)}/${shardId}-${sequenceNumber}.ndjson`;

/**
 * Keeps records that a consumer could not apply, lines as in quarantine; each once, with the reason that came first: many lines
 * of one record, or several detectors, may have failed. Not under `quarantine/`: a valid event that a consumer fails on is in the archive all the same,
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
  const once = new Map(failed.toReversed().map(({ record, reason }) => [record.sequenceNumber, { record, reason }]));
  const inOrder = [...once.values()].sort((a, b) => compareSequence(a.record.sequenceNumber, b.record.sequenceNumber));
  const lines = inOrder.map(({ record, reason }) => `${quarantineLine(record, reason)}\n`).join("");
  await blobs.put(failedKey(consumer, first), new TextEncoder().encode(lines));
};

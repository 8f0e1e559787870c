import type { StreamReceipt } from "@tidewatch/core/store/ports";

/** The first and last record of a request on one shard; in between there may be others' records. */
export type ShardSpan = { shardId: string; events: number; firstSequenceNumber: string; lastSequenceNumber: string };
/** What a request put on the stream. `stored` names at most `MAX_SPANS` shards: a log line has to stay readable. */
export type Ingested = { accepted: number; rejected: number; stored: ShardSpan[] };

const MAX_SPANS = 16;

export const nothingIngested = (): Ingested => ({ accepted: 0, rejected: 0, stored: [] });

/** Receipts come in the order of the stream, per shard. */
export const addReceipts = (to: Ingested, receipts: readonly StreamReceipt[]): void => {
  to.accepted += receipts.length;
  for (const [shardId, ofShard] of Map.groupBy(receipts, (receipt) => receipt.shardId)) {
    const lastSequenceNumber = ofShard.at(-1)!.sequenceNumber;
    const known = to.stored.find((span) => span.shardId === shardId);
    if (known) Object.assign(known, { events: known.events + ofShard.length, lastSequenceNumber });
    else if (to.stored.length < MAX_SPANS) {
      const firstSequenceNumber = ofShard[0]!.sequenceNumber;
      to.stored.push({ shardId, events: ofShard.length, firstSequenceNumber, lastSequenceNumber });
    }
  }
};

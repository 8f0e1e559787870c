import { type KinesisClient, PutRecordsCommand, type PutRecordsResultEntry } from "@aws-sdk/client-kinesis";
import { AppError } from "@tidewatch/core/errors";
import type { EventStream, StreamEntry, StreamReceipt } from "@tidewatch/core/store/ports";
import { putFailure } from "@tidewatch/core/store/put-failure";
import { type Backoff, PATIENT, untilDone } from "./backoff.ts";
import { batchesOf } from "./batches.ts";
import { awsFailure, explained } from "./failure.ts";
import { checkEntry, entryBytes, MAX_CALL_BYTES, MAX_RECORDS } from "./stream-limits.ts";

/**
 * The stream of events on Kinesis. Entries go in calls of up to 500 and 5 MiB, one call after the other, and of a call that
 * was taken in part only the rest is sent again, in its order.
 *
 * Order, per partition key. It holds between puts that are awaited, and between entries that are in different calls: a call
 * begins when all of the one before is on the stream. Within one call Kinesis promises order only when it takes all of it.
 * When it refuses some records of a key (a throttled shard) and takes later ones of the same key, those later ones stay
 * before it; the scorer meets the others as late rows. Only one record per call would rule that out.
 *
 * At least once: when the answer to a call is lost, it is sent again, and its records are on the stream twice.
 *
 * @throws AppError VALIDATION, TOO_LARGE (an entry, by its place; nothing is put), UNAVAILABLE (throttled to the end, no
 * answer, no such stream, not allowed); entries of earlier calls, and some of the last, may be on the stream then:
 * the failure has their receipts
 */
export const kinesisStream = (options: {
  client: KinesisClient;
  streamName: string;
  backoff?: Backoff;
}): EventStream => {
  const { client, streamName, backoff = PATIENT } = options;
  const what = `stream ${streamName}`;

  /** Sends entries once, fills in receipts, and gives those that Kinesis refused. */
  const putSome = async (entries: readonly Numbered[], receipts: StreamReceipt[]): Promise<Numbered[]> => {
    const request = { StreamName: streamName, Records: entries.map(({ entry }) => wireEntry(entry)) };
    const { Records = [] } = await explained(what, () => client.send(new PutRecordsCommand(request)));
    return entries.filter(({ index }, place) => {
      const receipt = receiptOf(Records[place]);
      if (receipt) receipts[index] = receipt;
      return !receipt;
    });
  };

  return {
    async putMany(entries) {
      for (const [index, entry] of entries.entries()) checkEntry(entry, index);
      const receipts = new Array<StreamReceipt>(entries.length);
      const numbered = entries.map((entry, index): Numbered => ({ entry, index }));
      const limits = { count: MAX_RECORDS, bytes: MAX_CALL_BYTES };
      try {
        for (const batch of batchesOf(numbered, limits, ({ entry }) => entryBytes(entry))) {
          const left = await untilDone(batch, (some) => putSome(some, receipts), backoff);
          if (left.length > 0) throw refused(what, left, entries.length);
        }
      } catch (failure) {
        throw putFailure(awsFailure(failure, what), Array.from(receipts));
      }
      return receipts;
    },
  };
};

type Numbered = { entry: StreamEntry; index: number };

const wireEntry = ({ partitionKey, data, explicitHashKey }: StreamEntry) => ({
  PartitionKey: partitionKey,
  Data: data,
  ...(explicitHashKey !== undefined && { ExplicitHashKey: explicitHashKey }),
});

const receiptOf = (result: PutRecordsResultEntry | undefined): StreamReceipt | undefined =>
  result?.SequenceNumber && result.ShardId
    ? { shardId: result.ShardId, sequenceNumber: result.SequenceNumber }
    : undefined;

const refused = (what: string, left: readonly Numbered[], all: number): AppError =>
  new AppError(
    "UNAVAILABLE",
    `${what} refused entries again and again: ${left.length} of a call are not on it, the first being entry ` +
      `${left[0]!.index} of ${all}. Put those that are not on it again later, or give the stream more shards`,
  );

import { keepFailed } from "@tidewatch/core/ingest/failed";
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

/** On AWS the destination gets where the records were and not what they held; here their data are kept too. */
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

import { z } from "zod";
import { AppError } from "../errors.ts";
import { countsKey } from "../store/keys.ts";
import type { Item, Table } from "../store/ports.ts";

/**
 * What the archive has done with one shard, in records. `received = archived + quarantined`, always. The item never
 * expires, as the scorer's.
 */
const ArchiveCounts = z.strictObject({
  received: z.int().nonnegative(),
  /**
   * All that a record held is in the archive: of one of CloudWatch Logs any number of lines, of a control message none.
   */
  archived: z.int().nonnegative(),
  /** Something of it is in quarantine; the other log events of the record are in the archive. */
  quarantined: z.int().nonnegative(),
  /** Every record up to this one is in an object. */
  sequenceNumber: z.string(),
});
export type ArchiveCounts = z.output<typeof ArchiveCounts>;

export const readArchiveCounts = async (table: Table, shardId: string): Promise<ArchiveCounts | undefined> => {
  const [item] = await table.getMany([countsKey("archive", shardId)]);
  return item && parseArchiveCounts(item);
};

const parseArchiveCounts = (item: Item): ArchiveCounts => {
  const parsed = ArchiveCounts.safeParse(JSON.parse(item.doc ?? "null"));
  if (!parsed.success) throw new AppError("CORRUPT", `the archive's counters of ${item.sk} cannot be read`);
  return parsed.data;
};

/**
 * The item's version is the number of records received, so that it is the same whatever the batches were. Two
 * archivers of one shard (a zombie's late write) conflict here; the one that loses throws and starts over.
 */
export const writeArchiveCounts = async (
  table: Table,
  shardId: string,
  before: ArchiveCounts | undefined,
  after: ArchiveCounts,
): Promise<void> => {
  const item = { ...countsKey("archive", shardId), version: after.received, doc: JSON.stringify(after) };
  const condition = before ? ({ kind: "version", version: before.received } as const) : ({ kind: "absent" } as const);
  const [outcome] = await table.putMany([{ item, condition }]);
  if (outcome !== "written") throw new AppError("CONFLICT", `another archiver wrote the counters of ${shardId}`);
};

import { z } from "zod";
import { AppError } from "../errors.ts";
import { compareSequence } from "../ingest/sequence.ts";
import { countsKey } from "./keys.ts";
import type { Item, Table } from "./ports.ts";

const count = z.int().nonnegative();
/**
 * What the scorer has done with one shard: `received = invalid + unmatched +` matched, which makes `deliveries`. The item
 * never expires, as the archive's: the status adds up all of them. Some 200 bytes for each shard that ever was are kept.
 */
const ScoreCounts = z.strictObject({
  received: count,
  invalid: count,
  unmatched: count,
  /** Pairs of an event and a detector; one event may belong to several detectors. */
  deliveries: count,
  /** Of these, the ones that could not be applied; the others are events of a series. */
  failed: count.default(0),
  /** Every metric record up to this one is counted. */
  sequenceNumber: z.string(),
});
export type ScoreCounts = z.output<typeof ScoreCounts>;

/** What one record adds. `deliveries` is 0 for one that is unmatched or invalid; `failed` of them were not applied. */
export type CountedRecord = { sequenceNumber: string; isInvalid: boolean; deliveries: number; failed: number };

/** Attempts against a second scorer of the same shard, which exists only while a lease changes hands. */
const MAX_ATTEMPTS = 10;
const NOTHING: ScoreCounts = { received: 0, invalid: 0, unmatched: 0, deliveries: 0, failed: 0, sequenceNumber: "0" };

/** Adds the records of one shard, in order, to its counters; those that were counted before are left out. */
export const countRecords = async (table: Table, shardId: string, records: readonly CountedRecord[]): Promise<void> => {
  const key = countsKey("score", shardId);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const [item] = await table.getMany([key]);
    const before = item ? parseScoreCounts(item) : NOTHING;
    const after = records.reduce(addRecord, before);
    if (after === before) return;
    const condition = item ? ({ kind: "version", version: item.version } as const) : ({ kind: "absent" } as const);
    const next = { ...key, version: after.received, doc: JSON.stringify(after) };
    const [outcome] = await table.putMany([{ item: next, condition }]);
    if (outcome === "written") return;
  }
  throw new AppError("CONFLICT", `another scorer keeps writing the counters of ${shardId}`);
};

const addRecord = (to: ScoreCounts, { sequenceNumber, isInvalid, deliveries, failed }: CountedRecord): ScoreCounts => {
  if (compareSequence(sequenceNumber, to.sequenceNumber) <= 0) return to;
  return {
    received: to.received + 1,
    invalid: to.invalid + (isInvalid ? 1 : 0),
    unmatched: to.unmatched + (!isInvalid && deliveries === 0 ? 1 : 0),
    deliveries: to.deliveries + deliveries,
    failed: to.failed + failed,
    sequenceNumber,
  };
};

const parseScoreCounts = (item: Item): ScoreCounts => {
  const parsed = ScoreCounts.safeParse(JSON.parse(item.doc ?? "null"));
  if (!parsed.success) throw new AppError("CORRUPT", `the scorer's counters of ${item.sk} cannot be read`);
  return parsed.data;
};

/** Shards per range query. */
const PAGE = 1000;

/** Counters of all shards of a stage, added up; numbers only. */
export const totalCounts = async (
  table: Table,
  stage: "archive" | "score" | "log",
): Promise<Record<string, number>> => {
  const totals: Record<string, number> = {};
  let from = "";
  for (;;) {
    const page = await table.query({ pk: countsKey(stage, "").pk, from, limit: PAGE });
    for (const { doc } of page) {
      for (const [name, value] of Object.entries(JSON.parse(doc ?? "{}"))) {
        if (typeof value === "number") totals[name] = (totals[name] ?? 0) + value;
      }
    }
    if (page.length < PAGE) return totals;
    from = `${page.at(-1)!.sk}!`;
  }
};

import { z } from "zod";
import { AppError } from "../errors.ts";
import { compareSequence } from "../ingest/sequence.ts";
import { countsKey } from "./keys.ts";
import type { Item, Table } from "./ports.ts";

/**
 * What a stage has done with one shard. The item never expires, as the archive's: the status adds up all of them. Some 200
 * bytes for each shard that ever was are kept.
 */
const StageCounts = z
  .object({
    received: z.int().nonnegative(),
    /** Every record of the stage up to this one is counted. */
    sequenceNumber: z.string(),
  })
  .catchall(z.union([z.int().nonnegative(), z.string()]));
export type StageCounts = z.output<typeof StageCounts>;

/** What one record adds to the scorer's: `received = invalid + unmatched +` matched, which makes `deliveries`. */
export type CountedRecord = {
  sequenceNumber: string;
  isInvalid: boolean;
  /** Pairs of an event and a detector, 0 for one that is unmatched or invalid. */
  deliveries: number;
  /** Of these, the ones that could not be applied; the others are events of a series. */
  failed: number;
};

/** What one record adds, by the counters' names; `received` is 1 for each. */
export type CountStep = { sequenceNumber: string; adds: Readonly<Record<string, number>> };

/** Attempts against a second consumer of the same shard, which exists only while a lease changes hands. */
const MAX_ATTEMPTS = 10;

/** Adds the records of one shard, in order, to the scorer's counters; those that were counted before are left out. */
export const countRecords = async (table: Table, shardId: string, records: readonly CountedRecord[]): Promise<void> => {
  const steps = records.map(({ sequenceNumber, isInvalid, deliveries, failed }): CountStep => {
    const adds = { invalid: isInvalid ? 1 : 0, unmatched: !isInvalid && deliveries === 0 ? 1 : 0, deliveries, failed };
    return { sequenceNumber, adds };
  });
  await countSteps(table, "score", shardId, steps);
};

/** The same for any stage. All steps of a stage name the same counters. Returns those that were not counted before. */
export const countSteps = async <Step extends CountStep>(
  table: Table,
  stage: "score" | "log",
  shardId: string,
  steps: readonly Step[],
): Promise<Step[]> => {
  const key = countsKey(stage, shardId);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const [item] = await table.getMany([key]);
    const before = item && parseCounts(item);
    const fresh = steps.filter((step) => compareSequence(step.sequenceNumber, before?.sequenceNumber ?? "0") > 0);
    const last = fresh.at(-1);
    if (!last) return [];
    const condition = item ? ({ kind: "version", version: item.version } as const) : ({ kind: "absent" } as const);
    const after = { ...added(before, fresh), sequenceNumber: last.sequenceNumber };
    const next = { ...key, version: after.received, doc: JSON.stringify(after) };
    const [outcome] = await table.putMany([{ item: next, condition }]);
    if (outcome === "written") return fresh;
  }
  throw new AppError("CONFLICT", `another ${stage} consumer keeps writing the counters of ${shardId}`);
};

const added = (before: StageCounts | undefined, fresh: readonly CountStep[]) => {
  const { received = 0, sequenceNumber: _, ...numbers } = before ?? {};
  const sums: Record<string, number> = { ...(numbers as Record<string, number>) };
  for (const { adds } of fresh)
    for (const [name, value] of Object.entries(adds)) sums[name] = (sums[name] ?? 0) + value;
  return { received: received + fresh.length, ...sums };
};

const parseCounts = (item: Item): StageCounts => {
  const parsed = StageCounts.safeParse(JSON.parse(item.doc ?? "null"));
  if (!parsed.success) throw new AppError("CORRUPT", `the stored counters of ${item.sk} cannot be read`);
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

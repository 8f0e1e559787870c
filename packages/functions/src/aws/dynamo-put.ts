import type { Put, PutOutcome, Table } from "@tidewatch/core/store/ports";
import { batchesOf } from "./batches.ts";
import { batchWriter } from "./dynamo-batch-write.ts";
import { conditionalWriter } from "./dynamo-conditional-write.ts";
import type { DynamoTable } from "./dynamo-table.ts";
import { inParallel } from "./in-parallel.ts";
import { checkItem } from "./item-limits.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const MAX_WRITES = 25;
const BATCHES_AT_ONCE = 8;
/** Conditional writes have no batch. As many as keep the sockets busy without waiting for one. */
const WRITES_AT_ONCE = 32;

export const putter = (table: DynamoTable): Table["putMany"] => {
  const write = conditionalWriter(table);
  const writeBatch = batchWriter(table);

  /** Puts of different keys, at once and in any order. */
  const writeRound = async (round: readonly Numbered[], outcomes: PutOutcome[]): Promise<void> => {
    const nowMs = table.clock();
    const plain = round.filter(({ put }) => put.condition.kind === "any");
    const conditional = round.filter(({ put }) => put.condition.kind !== "any");
    for (const { index } of plain) outcomes[index] = "written";
    const done = await Promise.allSettled([
      inParallel(conditional, WRITES_AT_ONCE, async ({ put, index }) => {
        outcomes[index] = await write(put, nowMs);
      }),
      inParallel(batchesOf(plain, { count: MAX_WRITES }), BATCHES_AT_ONCE, async (batch) =>
        writeBatch(
          batch.map(({ put }) => put.item),
          nowMs,
        ),
      ),
    ]);
    for (const one of done) if (one.status === "rejected") throw one.reason;
  };

  return async (puts) => {
    for (const { item } of puts) checkItem(item);
    const outcomes = new Array<PutOutcome>(puts.length);
    for (const round of roundsOf(puts)) await writeRound(round, outcomes);
    return outcomes;
  };
};

type Numbered = { put: Put; index: number };

/** The n-th put of a key is in the n-th round: puts of a key apply in order, and no batch has a key twice. */
const roundsOf = (puts: readonly Put[]): Numbered[][] => {
  const rounds: Numbered[][] = [];
  const seen = new Map<string, number>();
  for (const [index, put] of puts.entries()) {
    const key = JSON.stringify([put.item.pk, put.item.sk]);
    const round = seen.get(key) ?? 0;
    seen.set(key, round + 1);
    rounds[round] ??= [];
    rounds[round].push({ put, index });
  }
  return rounds;
};

import { BatchGetItemCommand } from "@aws-sdk/client-dynamodb";
import { AppError } from "@tidewatch/core/errors";
import type { Item, ItemKey, Table } from "@tidewatch/core/store/ports";
import { untilDone } from "./backoff.ts";
import { batchesOf } from "./batches.ts";
import { type Attributes, isLive, itemOf, keyOf } from "./dynamo-item.ts";
import type { DynamoTable } from "./dynamo-table.ts";
import { explained } from "./failure.ts";
import { inParallel } from "./in-parallel.ts";
import { isPossibleKey } from "./item-limits.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MAX_KEYS = 100;
/** Calls under way: 800 series heads at a time keep one function busy. */
const CALLS_AT_ONCE = 8;

export const getter = ({ client, tableName, clock, backoff }: DynamoTable): Table["getMany"] => {
  const what = `table ${tableName}`;

  /** Adds what it gets to `found`, and gives the keys that DynamoDB left for another call. */
  const getSome = async (keys: readonly Attributes[], found: Map<string, Item>): Promise<Attributes[]> => {
    const request = { [tableName]: { Keys: [...keys], ConsistentRead: true } };
    const { Responses, UnprocessedKeys } = await explained(what, () =>
      client.send(new BatchGetItemCommand({ RequestItems: request })),
    );
    for (const attributes of Responses?.[tableName] ?? []) {
      const item = itemOf(attributes);
      found.set(textOf(item), item);
    }
    return UnprocessedKeys?.[tableName]?.Keys ?? [];
  };

  return async (keys) => {
    const found = new Map<string, Item>();
    // DynamoDB refuses a key that is asked for twice, or that no item can have.
    const distinct = new Map(keys.filter(isPossibleKey).map((key) => [textOf(key), keyOf(key)]));
    await inParallel(batchesOf([...distinct.values()], { count: MAX_KEYS }), CALLS_AT_ONCE, async (batch) => {
      const left = await untilDone(batch, (some) => getSome(some, found), backoff);
      if (left.length > 0) {
        throw new AppError("UNAVAILABLE", `${what} left ${left.length} of ${keys.length} items unread: try again`);
      }
    });
    const nowMs = clock();
    const taken = new Set<Item>();
    return keys.map((key) => {
      const item = found.get(textOf(key));
      if (!item || !isLive(item, nowMs)) return undefined;
      // A key that was asked for twice: the two answers share no memory.
      if (taken.has(item)) return structuredClone(item);
      taken.add(item);
      return item;
    });
  };
};

const textOf = ({ pk, sk }: ItemKey): string => JSON.stringify([pk, sk]);

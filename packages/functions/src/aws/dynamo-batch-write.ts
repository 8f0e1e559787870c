import { BatchWriteItemCommand, type WriteRequest } from "@aws-sdk/client-dynamodb";
import { AppError } from "@tidewatch/core/errors";
import type { Item } from "@tidewatch/core/store/ports";
import { untilDone } from "./backoff.ts";
import { attributesOf, isLive, keyOf } from "./dynamo-item.ts";
import type { DynamoTable } from "./dynamo-table.ts";
import { explained } from "./failure.ts";

/** Puts up to 25 items of different keys, whatever is there; what is over already is deleted. */
export const batchWriter = ({ client, tableName, backoff }: DynamoTable) => {
  const what = `table ${tableName}`;
  const writeSome = async (requests: readonly WriteRequest[]): Promise<WriteRequest[]> => {
    const command = new BatchWriteItemCommand({ RequestItems: { [tableName]: [...requests] } });
    const { UnprocessedItems } = await explained(what, () => client.send(command));
    return UnprocessedItems?.[tableName] ?? [];
  };

  return async (items: readonly Item[], nowMs: number): Promise<void> => {
    const requests = items.map(
      (item): WriteRequest =>
        isLive(item, nowMs) ? { PutRequest: { Item: attributesOf(item) } } : { DeleteRequest: { Key: keyOf(item) } },
    );
    const left = await untilDone(requests, writeSome, backoff);
    if (left.length === 0) return;
    throw new AppError("UNAVAILABLE", `${what} left ${left.length} of ${items.length} items unwritten: try again`);
  };
};

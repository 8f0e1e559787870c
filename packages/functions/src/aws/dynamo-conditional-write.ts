import { DeleteItemCommand, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { Item, Put, PutCondition, PutOutcome } from "@tidewatch/core/store/ports";
import { type Attributes, attributesOf, isLive, itemOf, keyOf, sameItem } from "./dynamo-item.ts";
import type { DynamoTable } from "./dynamo-table.ts";
import { awsFailure, explained, factsOf } from "./failure.ts";

/** Puts one item on its condition; what is over already is deleted on it. */
export const conditionalWriter = ({ client, tableName, clock }: DynamoTable) => {
  const what = `table ${tableName}`;

  /** The answer to a first try may have been lost, so that the second one met its own item. */
  const isThere = async (item: Item, nowMs: number): Promise<boolean> => {
    const request = { TableName: tableName, Key: keyOf(item), ConsistentRead: true };
    const { Item: attributes } = await explained(what, () => client.send(new GetItemCommand(request)));
    const there = attributes && itemOf(attributes);
    if (!isLive(item, nowMs)) return there === undefined || !isLive(there, clock());
    return there !== undefined && sameItem(there, item);
  };

  return async ({ item, condition }: Put, nowMs: number): Promise<PutOutcome> => {
    const guard = { TableName: tableName, ...guardOf(condition, nowMs) };
    try {
      if (isLive(item, nowMs)) await client.send(new PutItemCommand({ ...guard, Item: attributesOf(item) }));
      else await client.send(new DeleteItemCommand({ ...guard, Key: keyOf(item) }));
      return "written";
    } catch (error) {
      const { name, attempts } = factsOf(error);
      if (name !== "ConditionalCheckFailedException") throw awsFailure(error, what);
      return attempts > 1 && (await isThere(item, nowMs)) ? "written" : "conflict";
    }
  };
};

/** Conditions see an expired item as absent, swept or not. */
const guardOf = (
  condition: PutCondition,
  nowMs: number,
): { ConditionExpression?: string; ExpressionAttributeValues?: Attributes } => {
  const now = { ":now": { N: String(nowMs) } };
  if (condition.kind === "any") return {};
  if (condition.kind === "absent") {
    return {
      ConditionExpression: "attribute_not_exists(pk) OR expiresAtMs <= :now",
      ExpressionAttributeValues: now,
    };
  }
  return {
    ConditionExpression: "version = :version AND (attribute_not_exists(expiresAtMs) OR expiresAtMs > :now)",
    ExpressionAttributeValues: { ...now, ":version": { N: String(condition.version) } },
  };
};

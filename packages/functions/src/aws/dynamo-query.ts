import { type AttributeValue, QueryCommand } from "@aws-sdk/client-dynamodb";
import { AppError } from "@tidewatch/core/errors";
import type { Item, RangeQuery, Table } from "@tidewatch/core/store/ports";
import { type Attributes, itemOf } from "./dynamo-item.ts";
import type { DynamoTable } from "./dynamo-table.ts";
import { explained } from "./failure.ts";
import { isPossibleKey } from "./item-limits.ts";

/** Items that a page looks at. A page ends at 1 MB anyway. */
const MAX_PAGE = 1000;
/** When a page was thinned out by expired items, the next one looks at this many times as many. */
const GROWTH = 4;

export const rangeQuery = ({ client, tableName, clock }: DynamoTable): Table["query"] => {
  const page = (input: Omit<ConstructorParameters<typeof QueryCommand>[0], "TableName">) =>
    explained(`table ${tableName}`, () =>
      client.send(new QueryCommand({ TableName: tableName, ConsistentRead: true, ...input })),
    );

  return async (query) => {
    const { order = "ascending", limit } = query;
    if (!Number.isInteger(limit) || limit < 0) {
      throw new AppError("VALIDATION", `limit is a whole number from 0, not ${limit}`);
    }
    const items: Item[] = [];
    if (limit === 0 || isEmptyRange(query)) return items;
    const range = { ...rangeOf(query, clock()), ScanIndexForward: order === "ascending" };
    let size = Math.min(limit, MAX_PAGE);
    let start: Attributes | undefined;
    do {
      const { Items, LastEvaluatedKey } = await page({
        ...range,
        Limit: size,
        ...(start && { ExclusiveStartKey: start }),
      });
      items.push(...(Items ?? []).map(itemOf));
      start = LastEvaluatedKey;
      size = Math.min(Math.max(size * GROWTH, limit - items.length), MAX_PAGE);
    } while (start && items.length < limit);
    return items.slice(0, limit);
  };
};

/** DynamoDB refuses these instead of finding nothing. */
const isEmptyRange = ({ pk, from, to }: RangeQuery): boolean => {
  if (!isPossibleKey({ pk, sk: from || "-" })) return true;
  return to !== undefined && (to === "" || Buffer.compare(Buffer.from(from ?? ""), Buffer.from(to)) > 0);
};

const rangeOf = ({ pk, from, to }: RangeQuery, nowMs: number) => {
  const bounds: Record<string, AttributeValue> = {
    ...(from && { ":from": { S: from } }),
    ...(to !== undefined && { ":to": { S: to } }),
  };
  return {
    KeyConditionExpression: `pk = :pk${boundsOf(Boolean(from), to !== undefined)}`,
    FilterExpression: "attribute_not_exists(expiresAtMs) OR expiresAtMs > :now",
    ExpressionAttributeValues: { ":pk": { S: pk }, ":now": { N: String(nowMs) }, ...bounds },
  };
};

const boundsOf = (from: boolean, to: boolean): string => {
  if (from && to) return " AND sk BETWEEN :from AND :to";
  if (from) return " AND sk >= :from";
  return to ? " AND sk <= :to" : "";
};

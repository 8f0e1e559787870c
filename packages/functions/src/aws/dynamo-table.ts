import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Clock, Table } from "@tidewatch/core/store/ports";
import { type Backoff, PATIENT } from "./backoff.ts";
import { getter } from "./dynamo-get.ts";
import { putter } from "./dynamo-put.ts";
import { rangeQuery } from "./dynamo-query.ts";

export type DynamoTable = {
  client: DynamoDBClient;
  tableName: string;
  clock: Clock;
  backoff: Backoff;
};

/**
 * The table on DynamoDB: keys `pk` and `sk`, TTL on `expiresAt`, reads strongly consistent. An item is gone at its
 * `expiresAtMs` by the clock, whether or not DynamoDB has swept it. To put what is over already is to delete.
 *
 * A put whose answer was lost is told from one that somebody else made by the item that is there; only when the two are
 * equal to the last byte may both hear `written`.
 *
 * @throws AppError TOO_LARGE, VALIDATION (an item that DynamoDB does not take), before anything is written; UNAVAILABLE
 * (throttled to the end, no answer, no such table, not allowed), when some puts may have been applied
 */
export const dynamoTable = (options: Omit<DynamoTable, "backoff"> & { backoff?: Backoff }): Table => {
  const table = { backoff: PATIENT, ...options };
  return { getMany: getter(table), putMany: putter(table), query: rangeQuery(table) };
};

import { setTimeout as sleep } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
} from "@aws-sdk/client-kinesis";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Blobs, Clock, StreamRecord, Table } from "@tidewatch/core/store/ports";
import type { Backoff } from "@tidewatch/functions/aws/backoff";
import { dynamoTable } from "@tidewatch/functions/aws/dynamo-table";
import { kinesisStream } from "@tidewatch/functions/aws/kinesis-stream";
import { s3Blobs } from "@tidewatch/functions/aws/s3-blobs";
import type { OpenBlobs } from "../../contract/blobs.ts";
import type { OpenStream } from "../../contract/event-stream.ts";
import type { OpenTable } from "../../contract/table.ts";

// A cloud takes ten seconds to make a table: each test of a contract gets a part of one instead.
let parts = 0;
const nextPart = (): string => `part-${process.pid}-${parts++}/`;
const nothing = async (): Promise<void> => {};

export const partOfTable = (client: DynamoDBClient, tableName: string, clock: Clock): OpenTable => {
  const table = dynamoTable({ client, tableName, clock });
  return { table: prefixedTable(table, nextPart()), close: nothing };
};

const prefixedTable = (table: Table, prefix: string): Table => {
  const inside = <T extends { pk: string }>(one: T): T => (one.pk === "" ? one : { ...one, pk: prefix + one.pk });
  const outside = <T extends { pk: string }>(one: T): T => ({ ...one, pk: one.pk.slice(prefix.length) });
  return {
    getMany: async (keys) => (await table.getMany(keys.map(inside))).map((item) => item && outside(item)),
    putMany: (puts) => table.putMany(puts.map((put) => ({ ...put, item: inside(put.item) }))),
    query: async (query) => (await table.query(inside(query))).map(outside),
  };
};

export const partOfBucket = (client: S3Client, bucket: string): OpenBlobs => {
  const blobs = s3Blobs({ client, bucket });
  return { blobs: prefixedBlobs(blobs, nextPart()), close: nothing };
};

const prefixedBlobs = (blobs: Blobs, prefix: string): Blobs => ({
  get: (key) => blobs.get(prefix + key),
  put: (key, bytes) => blobs.put(prefix + key, bytes),
  putIfAbsent: (key, bytes) => blobs.putIfAbsent(prefix + key, bytes),
  list: async (wanted, { after, ...options } = {}) => {
    const start = after === undefined ? {} : { after: prefix + after };
    return (await blobs.list(prefix + wanted, { ...options, ...start })).map((key) => key.slice(prefix.length));
  },
  entries: async (wanted, { after, ...options } = {}) => {
    const start = after === undefined ? {} : { after: prefix + after };
    const found = await blobs.entries(prefix + wanted, { ...options, ...start });
    return found.map(({ key, version }) => ({ key: key.slice(prefix.length), version }));
  },
  remove: (keys) => blobs.remove(keys.map((key) => prefix + key)),
});

const VISIBLE_WITHIN_MS = 30_000;
/** GetRecords may be called five times a second and shard. */
const POLL_MS = 210;

/** The stream, and its records from now on as the SDK reads them. */
export const restOfStream = async (
  client: KinesisClient,
  StreamName: string,
  options: { backoff?: Backoff } = {},
): Promise<OpenStream> => {
  const shards = await openShards(client, StreamName);
  return {
    stream: kinesisStream({ client, streamName: StreamName, ...options }),
    records: async (atLeast) => {
      const deadline = Date.now() + VISIBLE_WITHIN_MS;
      for (;;) {
        for (const shard of shards) await shard.readOn();
        const records = shards.flatMap(({ records }) => records);
        if (records.length >= atLeast || Date.now() > deadline) return records;
        await sleep(POLL_MS);
      }
    },
    close: nothing,
  };
};

/** Every shard at the place that it has now. */
export const openShards = async (client: KinesisClient, StreamName: string) => {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
  const shardIds = Shards.map(({ ShardId }) => ShardId!).sort();
  return await Promise.all(shardIds.map((shardId) => openShard(client, StreamName, shardId)));
};

const openShard = async (client: KinesisClient, StreamName: string, shardId: string) => {
  const where = { StreamName, ShardId: shardId, ShardIteratorType: "LATEST" } as const;
  let { ShardIterator } = await client.send(new GetShardIteratorCommand(where));
  const records: StreamRecord[] = [];
  /** Adds what is there by now. */
  const readOn = async (): Promise<void> => {
    for (;;) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator }));
      ShardIterator = page.NextShardIterator;
      for (const record of page.Records ?? []) {
        records.push({
          shardId,
          sequenceNumber: record.SequenceNumber!,
          partitionKey: record.PartitionKey!,
          data: record.Data!,
          arrivalMs: record.ApproximateArrivalTimestamp!.getTime(),
        });
      }
      if (!page.MillisBehindLatest) return;
    }
  };
  return { shardId, records, readOn };
};

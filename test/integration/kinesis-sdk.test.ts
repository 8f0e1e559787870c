import {
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  type KinesisClientConfig,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  type _Record as Record,
  ResourceNotFoundException,
  type ShardIteratorType,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CREDENTIALS, STREAM, startKinesis } from "./kinesis-harness.ts";

let kinesis: Awaited<ReturnType<typeof startKinesis>>;
beforeAll(async () => {
  kinesis = await startKinesis();
});
afterAll(() => kinesis.stop());

const clients: KinesisClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});
const newClient = (config: KinesisClientConfig): KinesisClient => {
  const client = new KinesisClient({ endpoint: kinesis.url, region: "us-east-1", credentials: CREDENTIALS, ...config });
  clients.push(client);
  return client;
};

const readShard = async (client: KinesisClient, shardId: string, type: ShardIteratorType, start: object = {}) => {
  const where = { StreamName: STREAM, ShardId: shardId, ShardIteratorType: type, ...start };
  let { ShardIterator } = await client.send(new GetShardIteratorCommand(where));
  const records: Record[] = [];
  for (;;) {
    const page = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 700 }));
    records.push(...page.Records!);
    ShardIterator = page.NextShardIterator;
    if (page.MillisBehindLatest === 0) return records;
  }
};

const text = (record: Record): string => Buffer.from(record.Data!).toString();

const PROTOCOLS: { name: string; config: KinesisClientConfig }[] = [
  { name: "the default client of the AWS SDK (HTTP/2)", config: {} },
  { name: "the AWS SDK with NodeHttpHandler (HTTP/1.1)", config: { requestHandler: new NodeHttpHandler() } },
];

describe.each(PROTOCOLS)("$name", ({ config }) => {
  it("gets back 10,000 records, each once and in the order of its shard", async () => {
    const client = newClient(config);
    const tag = `${Math.random()}`;
    const put: { shardId: string; sequenceNumber: string; text: string }[] = [];
    for (let batch = 0; batch < 20; batch++) {
      const records = Array.from({ length: 500 }, (_, index) => `${tag} ${batch * 500 + index}`);
      const Records = records.map((data, index) => ({ Data: Buffer.from(data), PartitionKey: `entity-${index % 37}` }));
      const answer = await client.send(new PutRecordsCommand({ StreamName: STREAM, Records }));
      expect(answer.FailedRecordCount).toBe(0);
      for (const [index, receipt] of answer.Records!.entries()) {
        put.push({ shardId: receipt.ShardId!, sequenceNumber: receipt.SequenceNumber!, text: records[index]! });
      }
    }

    const { Shards } = await client.send(new ListShardsCommand({ StreamName: STREAM }));
    for (const { ShardId } of Shards!) {
      const got = (await readShard(client, ShardId!, "TRIM_HORIZON")).filter((record) => text(record).startsWith(tag));
      const expected = put.filter(({ shardId }) => shardId === ShardId);
      expect(expected.length).toBeGreaterThan(1000);
      expect(got.map((record) => [record.SequenceNumber, text(record)])).toEqual(
        expected.map(({ sequenceNumber, text }) => [sequenceNumber, text]),
      );
    }
  });

  it("starts where each iterator type says", async () => {
    const client = newClient(config);
    const put = async (data: string) => {
      kinesis.clock.nowMs += 1000;
      const input = {
        StreamARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${STREAM}`,
        PartitionKey: "p",
        ExplicitHashKey: "0",
      };
      return client.send(new PutRecordCommand({ ...input, Data: Buffer.from(data) }));
    };
    const first = await put("one");
    const time = new Date(kinesis.clock.nowMs + 500);
    await put("two");
    await put("three");
    const shardId = first.ShardId!;
    const read = async (type: ShardIteratorType, start?: object) =>
      (await readShard(client, shardId, type, start)).map(text);

    const StartingSequenceNumber = first.SequenceNumber!;
    expect(await read("AT_SEQUENCE_NUMBER", { StartingSequenceNumber })).toEqual(["one", "two", "three"]);
    expect(await read("AFTER_SEQUENCE_NUMBER", { StartingSequenceNumber })).toEqual(["two", "three"]);
    expect(await read("AT_TIMESTAMP", { Timestamp: time })).toEqual(["two", "three"]);
    expect((await read("TRIM_HORIZON")).slice(-3)).toEqual(["one", "two", "three"]);
    expect(await read("LATEST")).toEqual([]);

    const where = { StreamName: STREAM, ShardId: shardId, ShardIteratorType: "LATEST" } as const;
    const { ShardIterator } = await client.send(new GetShardIteratorCommand(where));
    await put("four");
    const { Records } = await client.send(new GetRecordsCommand({ ShardIterator }));
    expect(Records!.map(text)).toEqual(["four"]);
    expect(Records![0]!.ApproximateArrivalTimestamp).toEqual(new Date(kinesis.clock.nowMs));
  });

  it("tells how far behind the reader is", async () => {
    const client = newClient(config);
    const input = { StreamName: STREAM, PartitionKey: "p", ExplicitHashKey: "0" };
    const first = await client.send(new PutRecordCommand({ ...input, Data: Buffer.from("old") }));
    await client.send(new PutRecordCommand({ ...input, Data: Buffer.from("new") }));
    kinesis.clock.nowMs += 42_000;

    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName: STREAM,
        ShardId: first.ShardId!,
        ShardIteratorType: "AT_SEQUENCE_NUMBER",
        StartingSequenceNumber: first.SequenceNumber!,
      }),
    );
    const page = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 1 }));
    const rest = await client.send(new GetRecordsCommand({ ShardIterator: page.NextShardIterator }));

    expect(page.MillisBehindLatest).toBe(42_000);
    expect([rest.Records!.map(text), rest.MillisBehindLatest]).toEqual([["new"], 0]);
  });

  it("describes the stream", async () => {
    const client = newClient(config);
    const { StreamNames } = await client.send(new ListStreamsCommand({}));
    const { StreamDescriptionSummary: summary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName: STREAM }),
    );
    const { StreamDescription: description } = await client.send(
      new DescribeStreamCommand({ StreamName: STREAM, Limit: 2 }),
    );

    expect(StreamNames).toEqual([STREAM]);
    expect(summary).toMatchObject({ StreamName: STREAM, StreamStatus: "ACTIVE", OpenShardCount: 4 });
    expect(summary!.StreamCreationTimestamp).toBeInstanceOf(Date);
    expect(description!.Shards!.map((shard) => shard.ShardId)).toEqual([
      "shardId-000000000000",
      "shardId-000000000001",
    ]);
    expect(description!.HasMoreShards).toBe(true);
  });

  it("throws the error that the SDK has a class for", async () => {
    const put = newClient(config).send(
      new PutRecordCommand({ StreamName: "other", PartitionKey: "p", Data: Buffer.from("x") }),
    );
    await expect(put).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it("keeps records of any bytes as they are, up to 1 MiB", async () => {
    const client = newClient(config);
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const large = Buffer.alloc(1024 * 1024 - 1, every);
    const input = { StreamName: STREAM, PartitionKey: "p", ExplicitHashKey: "0" };
    const first = await client.send(new PutRecordCommand({ ...input, Data: every }));
    await client.send(new PutRecordCommand({ ...input, Data: Buffer.alloc(0) }));
    await client.send(new PutRecordCommand({ ...input, Data: large }));

    const start = { StartingSequenceNumber: first.SequenceNumber! };
    const got = await readShard(client, first.ShardId!, "AT_SEQUENCE_NUMBER", start);
    expect(got.map((record) => Buffer.from(record.Data!).equals(every))).toEqual([true, false, false]);
    expect(got[1]!.Data!.length).toBe(0);
    expect(Buffer.from(got[2]!.Data!).equals(large)).toBe(true);
  });
});

it("logged no fault of its own in all this", () => {
  expect(kinesis.faults).toEqual([]);
});

import { spawn, spawnSync } from "node:child_process";
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

const ENVIRONMENT = {
  ...process.env,
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_DEFAULT_REGION: "us-east-1",
  AWS_EC2_METADATA_DISABLED: "true",
};

/** The endpoint runs in this process, so the child must not block it. */
const run = (command: string, args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: ENVIRONMENT });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.once("error", reject).once("close", (code) => resolve({ code, stdout, stderr }));
  });

const succeeds = (command: string, args: string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;
const hasAwsCli = succeeds("aws", ["--version"]);
const hasBoto3 = succeeds("python3", ["-c", "import boto3"]);

describe(`aws-cli${hasAwsCli ? "" : " (not installed: skipped)"}`, () => {
  it.skipIf(!hasAwsCli)("puts a record and reads it", async () => {
    const aws = async (...args: string[]) => {
      const { code, stdout, stderr } = await run("aws", [
        "--endpoint-url",
        kinesis.url,
        "--output",
        "json",
        "kinesis",
        ...args,
      ]);
      expect([code, stderr]).toEqual([0, ""]);
      return JSON.parse(stdout);
    };
    const data = Buffer.from("from the command line").toString("base64");
    // Version 1 of the command takes text where version 2 takes base64, so what comes back is compared by what went in.
    const put = await aws("put-record", "--stream-name", STREAM, "--partition-key", "cli", "--data", data);
    const { ShardIterator } = await aws(
      "get-shard-iterator",
      "--stream-name",
      STREAM,
      "--shard-id",
      put.ShardId,
      "--shard-iterator-type",
      "AT_SEQUENCE_NUMBER",
      "--starting-sequence-number",
      put.SequenceNumber,
    );
    const { Records } = await aws("get-records", "--shard-iterator", ShardIterator);

    expect(Records[0].PartitionKey).toBe("cli");
    expect([data, "from the command line"]).toContain(Buffer.from(Records[0].Data, "base64").toString());
  });

  it.skipIf(!hasAwsCli)("shows an error by its name", async () => {
    const { code, stderr } = await run("aws", [
      "--endpoint-url",
      kinesis.url,
      "kinesis",
      "describe-stream",
      "--stream-name",
      "other",
    ]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      "(ResourceNotFoundException) when calling the DescribeStream operation: Stream other under account 000000000000 not found.",
    );
  });
});

const BOTO3_SCRIPT = `
import boto3, json, sys
kinesis = boto3.client("kinesis", endpoint_url=sys.argv[1])
records = [{"Data": f"row {i}".encode(), "PartitionKey": f"key-{i % 5}"} for i in range(500)]
put = kinesis.put_records(StreamName=sys.argv[2], Records=records)
assert put["FailedRecordCount"] == 0, put
got = []
for shard in kinesis.list_shards(StreamName=sys.argv[2])["Shards"]:
    first = next((r["SequenceNumber"] for r in put["Records"] if r["ShardId"] == shard["ShardId"]), None)
    if first is None: continue
    iterator = kinesis.get_shard_iterator(StreamName=sys.argv[2], ShardId=shard["ShardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=first)["ShardIterator"]
    got += [(shard["ShardId"], r["SequenceNumber"], r["Data"].decode()) for r in kinesis.get_records(ShardIterator=iterator)["Records"]]
want = sorted((r["ShardId"], r["SequenceNumber"], f"row {i}") for i, r in enumerate(put["Records"]))
assert got == want, "records differ"
try:
    kinesis.put_records(StreamName=sys.argv[2], Records=records + records)
except kinesis.exceptions.ClientError as error:
    print(json.dumps({"read": len(got), "error": error.response["Error"]["Code"]}))
`;

describe(`boto3${hasBoto3 ? "" : " (not installed: skipped)"}`, () => {
  it.skipIf(!hasBoto3)("puts 500 records, reads them back in order and sees a limit's error", async () => {
    const { code, stdout, stderr } = await run("python3", ["-c", BOTO3_SCRIPT, kinesis.url, STREAM]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({ read: 500, error: "ValidationException" });
  });
});

it("logged no fault of its own in all this", () => {
  expect(kinesis.faults).toEqual([]);
});

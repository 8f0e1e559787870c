import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { base64, call, STREAM, startKinesis } from "./kinesis-harness.ts";

/*
 * The sentences are the service's: the Kinesis API reference of 2013-12-02 for names and limits, and for wording the
 * answers of the real service as recorded in kinesalite's tests and in issue threads of AWS clients.
 */

let kinesis: Awaited<ReturnType<typeof startKinesis>>;
beforeAll(async () => {
  kinesis = await startKinesis();
});
afterAll(() => kinesis.stop());

const expectError = async (operation: string, input: unknown, name: string, message: string | RegExp) => {
  const { status, headers, body } = await call(kinesis.url, operation, input);
  expect({ status, name: body.__type, header: headers.get("x-amzn-errortype") }).toEqual({
    status: 400,
    name,
    header: name,
  });
  if (typeof message === "string") expect(body.message).toBe(message);
  else expect(body.message).toMatch(message);
  expect(headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
};

const record = (over: object = {}) => ({ StreamName: STREAM, PartitionKey: "a", Data: base64("x"), ...over });
const _member = (over: object = {}) => ({ PartitionKey: "a", Data: base64("x"), ...over });
const constraint = (text: string) => `1 validation error detected: Value ${text}`;
const _MIB = 1024 * 1024;

describe("shard iterators", () => {
  const iterator = (over: object = {}) => ({
    StreamName: STREAM,
    ShardId: "shardId-000000000000",
    ShardIteratorType: "LATEST",
    ...over,
  });
  const rule =
    "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or " +
    "(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. ";

  it("says which combination of type and start is wrong", async () => {
    for (const type of ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"]) {
      await expectError(
        "GetShardIterator",
        iterator({ ShardIteratorType: type }),
        "InvalidArgumentException",
        `${rule}Request specified ${type} and no StartingSequenceNumber.`,
      );
    }
    for (const type of ["LATEST", "TRIM_HORIZON"]) {
      await expectError(
        "GetShardIterator",
        iterator({ ShardIteratorType: type, StartingSequenceNumber: "5" }),
        "InvalidArgumentException",
        `${rule}Request specified ${type} and also a StartingSequenceNumber.`,
      );
    }
    await expectError(
      "GetShardIterator",
      iterator({ ShardIteratorType: "AT_TIMESTAMP" }),
      "InvalidArgumentException",
      /Must specify timestamp parameter/,
    );
    await expectError(
      "GetShardIterator",
      iterator({ ShardIteratorType: "AT_TIMESTAMP", Timestamp: kinesis.clock.nowMs / 1000 + 1 }),
      "InvalidArgumentException",
      /cannot be greater than the currentTimestampInMillis/,
    );
    await expectError(
      "GetShardIterator",
      iterator({ ShardIteratorType: "EARLIEST" }),
      "ValidationException",
      /at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: \[/,
    );
  });

  it("refuses sequence numbers of other streams and shards", async () => {
    const at = (StartingSequenceNumber: string) =>
      iterator({ ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber });
    await expectError(
      "GetShardIterator",
      at("5"),
      "InvalidArgumentException",
      `StartingSequenceNumber 5 used in GetShardIterator on shard shardId-000000000000 in stream ${STREAM} ` +
        "under account 000000000000 is invalid because it did not come from this stream.",
    );
    const { SequenceNumber } = (
      await call(kinesis.url, "PutRecord", record({ ExplicitHashKey: "340282366920938463463374607431768211455" }))
    ).body;
    await expectError(
      "GetShardIterator",
      at(SequenceNumber),
      "InvalidArgumentException",
      "Invalid StartingSequenceNumber. It encodes shardId-000000000003, while it was used in a call to a shard with shardId-000000000000",
    );
  });

  it("knows no other shards", async () => {
    await expectError(
      "GetShardIterator",
      iterator({ ShardId: "shardId-5" }),
      "ResourceNotFoundException",
      `Shard shardId-000000000005 in stream ${STREAM} under account 000000000000 does not exist`,
    );
    await expectError(
      "GetShardIterator",
      iterator({ ShardId: "nonsense" }),
      "ResourceNotFoundException",
      `Could not find shard nonsense in stream ${STREAM} under account 000000000000.`,
    );
  });

  it("expires after five minutes, to the millisecond", async () => {
    const { ShardIterator } = (await call(kinesis.url, "GetShardIterator", iterator())).body;
    kinesis.clock.nowMs += 300_000;
    const fresh = await call(kinesis.url, "GetRecords", { ShardIterator });
    expect(fresh.status).toBe(200);
    kinesis.clock.nowMs += 1;
    await expectError(
      "GetRecords",
      { ShardIterator },
      "ExpiredIteratorException",
      "Iterator expired. The iterator was created at time Sat Nov 21 12:00:00 UTC 2026 while right now it is " +
        "Sat Nov 21 12:05:00 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds.",
    );
    expect((await call(kinesis.url, "GetRecords", { ShardIterator: fresh.body.NextShardIterator })).status).toBe(200);
  });

  it("refuses iterators that it did not make", async () => {
    const invalid = [
      "AAAA",
      base64("[]"),
      base64('[1,"other","shardId-000000000000",null,1]'),
      base64(`[1,"${STREAM}","shardId-000000000000","x",1]`),
    ];
    for (const ShardIterator of invalid) {
      await expectError("GetRecords", { ShardIterator }, "InvalidArgumentException", "Invalid ShardIterator.");
    }
  });

  it("reads 1 to 10,000 records", async () => {
    const { ShardIterator } = (await call(kinesis.url, "GetShardIterator", iterator())).body;
    const limit = (value: number, text: string) =>
      expectError(
        "GetRecords",
        { ShardIterator, Limit: value },
        "ValidationException",
        constraint(`'${value}' at 'limit' failed to satisfy constraint: Member must have value ${text}`),
      );
    await limit(0, "greater than or equal to 1");
    await limit(10_001, "less than or equal to 10000");
  });
});

describe("paging through shards", () => {
  it("goes on with a token, which stands alone and expires", async () => {
    const first = (await call(kinesis.url, "ListShards", { StreamName: STREAM, MaxResults: 3 })).body;
    const rest = (await call(kinesis.url, "ListShards", { NextToken: first.NextToken })).body;
    expect([...first.Shards, ...rest.Shards].map((shard) => shard.ShardId)).toEqual(kinesis.reader.shardIds());
    expect(rest.NextToken).toBeUndefined();

    const both = { NextToken: first.NextToken, StreamName: STREAM };
    await expectError("ListShards", both, "InvalidArgumentException", /cannot be provided together/);
    await expectError("ListShards", { NextToken: "x" }, "InvalidArgumentException", "Invalid NextToken.");
    kinesis.clock.nowMs += 300_001;
    await expectError("ListShards", { NextToken: first.NextToken }, "ExpiredNextTokenException", /expired/);
  });

  it("shows shares of the hash space without gaps", async () => {
    const { Shards, HasMoreShards } = (await call(kinesis.url, "DescribeStream", { StreamName: STREAM })).body
      .StreamDescription;
    expect(HasMoreShards).toBe(false);
    const ranges = Shards.map(
      (shard: { HashKeyRange: { StartingHashKey: string; EndingHashKey: string } }) => shard.HashKeyRange,
    );
    expect(ranges[0].StartingHashKey).toBe("0");
    expect(ranges.at(-1).EndingHashKey).toBe(String(2n ** 128n - 1n));
    for (const [index, range] of ranges.slice(1).entries()) {
      expect(BigInt(range.StartingHashKey)).toBe(BigInt(ranges[index].EndingHashKey) + 1n);
    }
  });
});

it("logged no fault of its own in all this", () => {
  expect(kinesis.faults).toEqual([]);
});

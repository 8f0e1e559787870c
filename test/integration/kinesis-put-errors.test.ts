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
const member = (over: object = {}) => ({ PartitionKey: "a", Data: base64("x"), ...over });
const constraint = (text: string) => `1 validation error detected: Value ${text}`;
const MIB = 1024 * 1024;

describe("naming the stream", () => {
  it("knows no other stream by name or by ARN", async () => {
    const message = "Stream other under account 000000000000 not found.";
    await expectError("PutRecord", record({ StreamName: "other" }), "ResourceNotFoundException", message);
    const arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/other";
    await expectError("DescribeStreamSummary", { StreamARN: arn }, "ResourceNotFoundException", message);
  });

  it("wants a name or an ARN, and the same stream in both", async () => {
    await expectError("ListShards", {}, "InvalidArgumentException", /StreamName or StreamARN/);
    const both = { StreamName: STREAM, StreamARN: "arn:aws:kinesis:eu-west-1:123456789012:stream/other" };
    await expectError("ListShards", both, "InvalidArgumentException", /different streams/);
  });

  it("checks the form of names before it looks for the stream", async () => {
    const pattern = constraint("'a b' at 'streamName' failed to satisfy constraint: ");
    const message = `${pattern}Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+`;
    await expectError("DescribeStream", { StreamName: "a b" }, "ValidationException", message);
    const long = "a".repeat(129);
    const tooLong = constraint(
      `'${long}' at 'streamName' failed to satisfy constraint: Member must have length less than or equal to 128`,
    );
    await expectError("DescribeStream", { StreamName: long }, "ValidationException", tooLong);
    await expectError("DescribeStream", { StreamARN: "arn:nothing" }, "ValidationException", /at 'streamARN'/);
  });
});

describe("limits of a put", () => {
  it("takes 1 to 500 records", async () => {
    const records = (count: number) => ({ StreamName: STREAM, Records: Array(count).fill(member()) });
    expect((await call(kinesis.url, "PutRecords", records(500))).body.FailedRecordCount).toBe(0);
    const tooMany =
      /^1 validation error detected: Value '.*' at 'records' failed to satisfy constraint: Member must have length less than or equal to 500$/;
    await expectError("PutRecords", records(501), "ValidationException", tooMany);
    const none = constraint(
      "'[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    await expectError("PutRecords", records(0), "ValidationException", none);
  });

  it("takes partition keys of 1 to 256 characters", async () => {
    expect((await call(kinesis.url, "PutRecord", record({ PartitionKey: "é".repeat(256) }))).status).toBe(200);
    const long = "k".repeat(257);
    await expectError(
      "PutRecord",
      record({ PartitionKey: long }),
      "ValidationException",
      constraint(
        `'${long}' at 'partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256`,
      ),
    );
    await expectError(
      "PutRecord",
      record({ PartitionKey: "" }),
      "ValidationException",
      constraint(
        "'' at 'partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1",
      ),
    );
  });

  it("takes 1 MiB of data and partition key per record", async () => {
    const fits = Buffer.alloc(MIB - 1).toString("base64");
    expect((await call(kinesis.url, "PutRecord", record({ Data: fits }))).status).toBe(200);
    const withKey = Buffer.alloc(MIB).toString("base64");
    await expectError("PutRecord", record({ Data: withKey }), "InvalidArgumentException", /limit of 1048576 bytes/);
    const tooLarge = Buffer.alloc(MIB + 1).toString("base64");
    const value = "'java.nio.HeapByteBuffer[pos=0 lim=1048577 cap=1048577]'";
    const limit = "failed to satisfy constraint: Member must have length less than or equal to 1048576";
    await expectError(
      "PutRecord",
      record({ Data: tooLarge }),
      "ValidationException",
      constraint(`${value} at 'data' ${limit}`),
    );
    await expectError(
      "PutRecords",
      { StreamName: STREAM, Records: [member(), member({ Data: tooLarge })] },
      "ValidationException",
      constraint(`${value} at 'records.2.member.data' ${limit}`),
    );
  });

  it("takes 5 MiB per call, partition keys included", async () => {
    const data = Buffer.alloc(MIB - 1).toString("base64");
    const records = Array(5).fill(member({ Data: data }));
    expect((await call(kinesis.url, "PutRecords", { StreamName: STREAM, Records: records })).status).toBe(200);
    await expectError(
      "PutRecords",
      { StreamName: STREAM, Records: [...records, member()] },
      "InvalidArgumentException",
      "Records size exceeds 5 MB limit",
    );
  });

  it("takes explicit hash keys from 0 to 2^128 - 1 and routes by them", async () => {
    const put = async (key: string) =>
      (await call(kinesis.url, "PutRecord", record({ ExplicitHashKey: key }))).body.ShardId;
    expect(await put("0")).toBe("shardId-000000000000");
    expect(await put("340282366920938463463374607431768211455")).toBe("shardId-000000000003");
    const beyond = "340282366920938463463374607431768211456";
    await expectError(
      "PutRecord",
      record({ ExplicitHashKey: beyond }),
      "InvalidArgumentException",
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${beyond}`,
    );
    await expectError(
      "PutRecord",
      record({ ExplicitHashKey: "-1" }),
      "ValidationException",
      constraint(
        "'-1' at 'explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})",
      ),
    );
  });

  it("stores nothing of a call that it refuses", async () => {
    const before = kinesis.reader.shardIds().map((shardId) => kinesis.reader.latestSequenceNumber(shardId));
    await expectError(
      "PutRecords",
      { StreamName: STREAM, Records: [member(), member({ PartitionKey: "" })] },
      "ValidationException",
      /'records.2.member.partitionKey'/,
    );
    expect(kinesis.reader.shardIds().map((shardId) => kinesis.reader.latestSequenceNumber(shardId))).toEqual(before);
  });

  it("names every broken constraint of one request", async () => {
    await expectError(
      "PutRecord",
      { StreamName: STREAM },
      "ValidationException",
      "2 validation errors detected: " +
        "Value null at 'partitionKey' failed to satisfy constraint: Member must not be null; " +
        "Value null at 'data' failed to satisfy constraint: Member must not be null",
    );
  });
});

describe("requests that cannot be read", () => {
  it("calls a wrong type, bad JSON, bad base64 and a missing body a serialisation error", async () => {
    const wrong = "SerializationException";
    await expectError(
      "PutRecords",
      { StreamName: STREAM, Records: "x" },
      wrong,
      "STRING_VALUE can not be converted to a List",
    );
    await expectError("PutRecord", record({ PartitionKey: 5 }), wrong, "NUMBER_VALUE can not be converted to a String");
    await expectError(
      "PutRecords",
      { StreamName: STREAM, Records: [1] },
      wrong,
      "NUMBER_VALUE can not be converted to a Structure",
    );
    await expectError("PutRecord", record({ Data: "%%%%" }), wrong, /base64/);
    await expectError("PutRecord", '{"StreamName":"\\ud800"', wrong, /JSON/);
    await expectError("PutRecord", record({ PartitionKey: "\ud800" }).PartitionKey, wrong, /JSON/);
    await expectError("PutRecord", '{"StreamName":"s","Data":"eA==","PartitionKey":"\\ud800"}', wrong, /well-formed/);
    await expectError("PutRecord", "", wrong, /JSON/);
    await expectError("PutRecord", "null", wrong, "NULL_VALUE can not be converted to a Structure");
    await expectError("PutRecord", "[".repeat(100_000), wrong, /JSON/);
  });

  it("knows only its operations and encodings", async () => {
    await expectError("DeleteStream", { StreamName: STREAM }, "UnknownOperationException", /DeleteStream/);
    await expectError("constructor", {}, "UnknownOperationException", /constructor/);
    const text = await call(kinesis.url, "ListStreams", {}, { "content-type": "text/plain" });
    expect([text.status, text.body.__type]).toEqual([400, "UnknownOperationException"]);
  });

  it("refuses browsers and other methods", async () => {
    const page = await call(kinesis.url, "ListStreams", {}, { origin: "https://example.com" });
    expect([page.status, page.body.__type]).toEqual([403, "AccessDeniedException"]);
    expect((await fetch(kinesis.url)).status).toBe(403);
  });

  it("refuses a body that no request needs without keeping it", async () => {
    const { status, body } = await call(kinesis.url, "PutRecords", "x".repeat(13 * MIB));
    expect([status, body.__type]).toEqual([413, "RequestEntityTooLarge"]);
  });
});

it("logged no fault of its own in all this", () => {
  expect(kinesis.faults).toEqual([]);
});

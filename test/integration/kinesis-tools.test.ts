import { spawn, spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CREDENTIALS, STREAM, startKinesis } from "./kinesis-harness.ts";

let kinesis: Awaited<ReturnType<typeof startKinesis>>;
beforeAll(async () => {
  kinesis = await startKinesis();
});
afterAll(() => kinesis.stop());

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

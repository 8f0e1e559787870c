import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTableCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import type { Item } from "@tidewatch/core/store/ports";
import { newDynamoClient, newS3Client } from "@tidewatch/functions/aws/clients";
import { itemOf } from "@tidewatch/functions/aws/dynamo-item";
import { dynamoTable } from "@tidewatch/functions/aws/dynamo-table";
import { s3Blobs } from "@tidewatch/functions/aws/s3-blobs";
import { kinesisEndpoint } from "@tidewatch/local/kinesis/endpoint";
import { openSqliteStream } from "@tidewatch/local/stream/sqlite-stream";
import { startDynalite, startS3Emulator } from "../../support/aws/emulators.ts";
import { jsonFailure, jsonReply, serve, xmlFailure } from "../../support/aws/loopback.ts";
import { bodyOf, startProxy } from "../../support/aws/proxy.ts";
import { AWS } from "../engine/aws-account.ts";
import type { Deployment } from "../engine/deployment.ts";
import { statementsOf } from "../permissions.ts";
import { only } from "../stages.ts";
import { type Access, accessesOf, bucketListing, isAllowed } from "./iam.ts";
import { type Lambda, startLambda } from "./lambda.ts";
import { packageOf } from "./packages.ts";
import { unpack } from "./zip.ts";

const CREDENTIALS = { AWS_REGION: AWS.region, AWS_ACCESS_KEY_ID: "offline", AWS_SECRET_ACCESS_KEY: "offline" };

/**
 * The deployed stage on this machine: its table, bucket, stream and bus in emulators, under the names of the plan, and its
 * functions as processes. Every call of a function is held against the function's role, and refused as IAM would.
 */
export const openCloud = async (deployment: Deployment, nowMs: number) => {
  const scratch = mkdtempSync(join(tmpdir(), "tidewatch-cloud-"));
  const names = {
    table: String(only(deployment, "dynamodb/table").outputs.name),
    bucket: String(only(deployment, "s3/bucket", /^Objects/).outputs.bucket),
    stream: String(only(deployment, "kinesis/stream").outputs.name),
  };
  const opened = openSqliteStream(join(scratch, "stream.sqlite"), { shards: 1, now: () => nowMs });
  const kinesis = kinesisEndpoint({ ...opened, streamName: names.stream, now: () => nowMs });
  const published: Record<string, unknown>[] = [];
  const events = await serve(async (call) => {
    const { Entries } = bodyOf<{ Entries: Record<string, unknown>[] }>(call);
    published.push(...Entries);
    return jsonReply({ FailedEntryCount: 0, Entries: Entries.map((_, index) => ({ EventId: String(index) })) });
  });
  const executions: { name: string; input: Record<string, unknown> }[] = [];
  const states = await serve(async (call) => {
    const { name, input } = bodyOf<{ name: string; input: string }>(call);
    if (executions.some((one) => one.name === name)) return jsonFailure("ExecutionAlreadyExists");
    executions.push({ name, input: JSON.parse(input) });
    return jsonReply({ executionArn: `${call.operation}/${name}`, startDate: nowMs / 1000 });
  });
  const [dynamo, s3, kinesisAddress] = await Promise.all([startDynalite(), startS3Emulator(), kinesis.listen(0)]);
  const upstream = {
    DYNAMODB: dynamo.url,
    S3: s3.url,
    KINESIS: kinesisAddress.url,
    EVENTBRIDGE: events.url,
    SFN: states.url,
  };

  const direct = { ...CREDENTIALS, AWS_ENDPOINT_URL_DYNAMODB: dynamo.url, AWS_ENDPOINT_URL_S3: s3.url };
  const dynamoClient = newDynamoClient(direct);
  const s3Client = newS3Client(direct);
  await dynamoClient.send(new CreateTableCommand({ TableName: names.table, ...TABLE }));
  await s3Client.send(new CreateBucketCommand({ Bucket: names.bucket }));

  const closers: (() => Promise<void>)[] = [
    dynamo.close,
    s3.close,
    kinesis.close,
    events.close,
    states.close,
    opened.close,
  ];
  const used: (Access & { function: string })[] = [];
  const denied: typeof used = [];

  /** A new sandbox of a function, with the environment of the plan and nothing but endpoints, region and keys added. */
  const start = async (
    name: string,
    changes: Record<string, string | undefined> = {},
    atMs = nowMs,
  ): Promise<Lambda> => {
    const { inputs } = only(deployment, "lambda/function", new RegExp(`^${name}Function$`));
    const statements = statementsOf(only(deployment, "iam/role", new RegExp(`^${name}Role$`)));
    const endpoints = await Promise.all(
      Object.entries(upstream).map(async ([service, url]) => {
        const proxy = await startProxy(url);
        closers.push(proxy.close);
        proxy.intercept = async (call, forward) => {
          const accesses = accessesOf(call).map((access) => ({ function: name, ...access }));
          const refused = accesses.filter((access) => !isAllowed(statements, access));
          used.push(...accesses);
          denied.push(...refused);
          const denial = service === "S3" ? xmlFailure("AccessDenied", 403) : jsonFailure("AccessDeniedException");
          if (refused.length > 0) return denial;
          const reply = await forward();
          const listing = accesses.flatMap(bucketListing)[0];
          if (reply.status !== 404 || !listing) return reply;
          used.push({ function: name, ...listing });
          return isAllowed(statements, listing) ? reply : denial;
        };
        return [`AWS_ENDPOINT_URL_${service}`, proxy.url];
      }),
    );
    const { variables } = inputs.environment as { variables: Record<string, string> };
    const folder = join(scratch, name);
    if (!existsSync(folder)) unpack(packageOf(name).entries, folder);
    const env = {
      ...variables,
      ...reserved(name),
      ...Object.fromEntries(endpoints),
      ...frozenClock(variables, atMs),
      ...changes,
    };
    const lambda = await startLambda({
      folder,
      handler: String(inputs.handler),
      env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)) as Record<string, string>,
      timeoutSeconds: Number(inputs.timeout),
    });
    closers.unshift(lambda.stop);
    return lambda;
  };

  /** The start of a sandbox with an empty bundle, in milliseconds. */
  const bareStartMs = async (): Promise<number> => {
    const folder = join(scratch, "bare");
    unpack([{ name: "bundle.mjs", bytes: Buffer.from("export const handler = async () => null;") }], folder);
    const sandbox = await startLambda({ folder, handler: "bundle.handler", env: {}, timeoutSeconds: 60 });
    await sandbox.invoke({});
    await sandbox.stop();
    return sandbox.startMs() ?? Number.NaN;
  };

  return {
    start,
    bareStartMs,
    stream: opened.stream,
    reader: opened.reader,
    table: dynamoTable({ client: dynamoClient, tableName: names.table, clock: () => nowMs }),
    blobs: s3Blobs({ client: s3Client, bucket: names.bucket }),
    /** Every item there is, as it is stored. */
    items: async (): Promise<Item[]> => {
      const { Items = [], LastEvaluatedKey } = await dynamoClient.send(new ScanCommand({ TableName: names.table }));
      if (LastEvaluatedKey) throw new Error("the table is larger than one page of a scan");
      return Items.map(itemOf);
    },
    streamName: names.stream,
    published,
    /** Of the state machine. */
    executions,
    used,
    denied,
    close: async () => {
      for (const close of closers) await close();
      for (const client of [dynamoClient, s3Client]) client.destroy();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
};
export type Cloud = Awaited<ReturnType<typeof openCloud>>;

const TABLE = {
  BillingMode: "PAY_PER_REQUEST" as const,
  AttributeDefinitions: ["pk", "sk"].map((AttributeName) => ({ AttributeName, AttributeType: "S" as const })),
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" as const },
    { AttributeName: "sk", KeyType: "RANGE" as const },
  ],
};

/** What Lambda itself sets. */
const reserved = (name: string) => ({
  ...CREDENTIALS,
  AWS_LAMBDA_FUNCTION_NAME: name,
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1024",
  TZ: ":UTC",
});

/** Times that functions write are then the same wherever they run. `new Date()` goes on: signatures need it. */
const frozenClock = ({ NODE_OPTIONS = "" }: Record<string, string>, nowMs: number) => ({
  NODE_OPTIONS: `${NODE_OPTIONS} --import=data:text/javascript,Date.now=()=>${nowMs}`.trim(),
});

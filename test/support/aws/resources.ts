import { randomBytes } from "node:crypto";
import {
  CreateTableCommand,
  DeleteTableCommand,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from "@aws-sdk/client-dynamodb";
import { CreateEventBusCommand, DeleteEventBusCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  waitUntilStreamExists,
  waitUntilStreamNotExists,
} from "@aws-sdk/client-kinesis";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  paginateListObjectsV2,
  waitUntilBucketExists,
} from "@aws-sdk/client-s3";
import { newDynamoClient, newEventBridgeClient, newKinesisClient, newS3Client } from "@tidewatch/functions/aws/clients";

export type Environment = Record<string, string | undefined>;
export type Kind = "table" | "bucket" | "stream" | "bus";
export type Names = Partial<Record<Kind, string>>;
export type Clients = ReturnType<typeof clientsOf>;

/** A stream becomes active within half a minute, a table within ten seconds. */
const WAIT_SECONDS = 180;
const POLL = { maxWaitTime: WAIT_SECONDS, minDelay: 1, maxDelay: 3 };
/** The contract of streams is about four. */
const SHARDS = 4;

/** For an emulator, whose credentials are of no account. */
export const emulatorEnvironment = (endpoints: Environment): Environment => ({
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "emulator",
  AWS_SECRET_ACCESS_KEY: "emulator",
  ...endpoints,
});

export const clientsOf = (environment: Environment) => ({
  dynamoDb: newDynamoClient(environment),
  s3: newS3Client(environment),
  kinesis: newKinesisClient(environment),
  eventBridge: newEventBridgeClient(environment),
});

const MAKERS: Record<Kind, (clients: Clients, name: string) => Promise<unknown>> = {
  table: async ({ dynamoDb }, TableName) => {
    await dynamoDb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: ["pk", "sk"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
      }),
    );
    await waitUntilTableExists({ client: dynamoDb, ...POLL }, { TableName });
  },
  bucket: async ({ s3 }, Bucket) => {
    const region = await s3.config.region();
    // S3 refuses its first region's name.
    const where =
      region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: region as "eu-west-1" } };
    await s3.send(new CreateBucketCommand({ Bucket, ...where }));
    await waitUntilBucketExists({ client: s3, ...POLL }, { Bucket });
  },
  stream: async ({ kinesis }, StreamName) => {
    await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: SHARDS }));
    await waitUntilStreamExists({ client: kinesis, ...POLL }, { StreamName });
  },
  bus: ({ eventBridge }, Name) => eventBridge.send(new CreateEventBusCommand({ Name })),
};

const REMOVERS: Record<Kind, (clients: Clients, name: string) => Promise<unknown>> = {
  table: async ({ dynamoDb }, TableName) => {
    await dynamoDb.send(new DeleteTableCommand({ TableName }));
    await waitUntilTableNotExists({ client: dynamoDb, ...POLL }, { TableName });
  },
  bucket: async ({ s3 }, Bucket) => {
    for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket, EncodingType: "url" })) {
      const keys = Contents.map(({ Key = "" }) => decodeURIComponent(Key.replaceAll("+", " ")));
      await Promise.all(keys.map((Key) => s3.send(new DeleteObjectCommand({ Bucket, Key }))));
    }
    await s3.send(new DeleteBucketCommand({ Bucket }));
  },
  stream: async ({ kinesis }, StreamName) => {
    await kinesis.send(new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true }));
    await waitUntilStreamNotExists({ client: kinesis, ...POLL }, { StreamName });
  },
  bus: ({ eventBridge }, Name) => eventBridge.send(new DeleteEventBusCommand({ Name })),
};

/** Makes what is asked for, under a name of its own, or nothing: what was made before a failure is removed again. */
export const createResources = async (clients: Clients, kinds: readonly Kind[]): Promise<Names> => {
  const name = `tidewatch-test-${Date.now().toString(36)}-${randomBytes(4).toString("hex")}`;
  const made = await Promise.allSettled(kinds.map((kind) => MAKERS[kind](clients, name)));
  // Also what failed half-way, as a table that was made and never became active.
  const names = Object.fromEntries(kinds.map((kind) => [kind, name]));
  const failures = kinds.flatMap((kind, index) => {
    const one = made[index]!;
    return one.status === "rejected" ? [`${kind} ${name} could not be made: ${one.reason}`] : [];
  });
  if (failures.length === 0) return names;
  // What never came to be cannot be removed either, so this may name it too: better than to keep quiet about what is left.
  await removeResources(clients, names).catch((error: Error) => failures.push(error.message));
  throw new Error(failures.join("; "));
};

/** Tries all before it throws, and then names what is left. */
export const removeResources = async (clients: Clients, names: Names): Promise<void> => {
  const kinds = Object.keys(names) as Kind[];
  const done = await Promise.allSettled(kinds.map((kind) => REMOVERS[kind](clients, names[kind]!)));
  const left = kinds.filter((_, index) => done[index]!.status === "rejected");
  for (const client of Object.values(clients)) client.destroy();
  if (left.length === 0) return;
  const reasons = done.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  const list = left.map((kind) => `${kind} ${names[kind]}`).join(", ");
  throw new AggregateError(reasons, `could not remove ${list}: remove them by hand`);
};

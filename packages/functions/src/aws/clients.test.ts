import { expect, test } from "vitest";
import { API_CALLS } from "./call-limits.ts";
import { dynamoClient, kinesisClient, newDynamoClient, newKinesisClient, newS3Client } from "./clients.ts";

const account = { AWS_REGION: "eu-central-1" };
const hostOf = async (client: { config: { endpoint?: (() => Promise<{ hostname: string }>) | undefined } }) =>
  (await client.config.endpoint?.())?.hostname;

test("without an endpoint, clients go to AWS, with buckets in host names", async () => {
  expect(await hostOf(newDynamoClient(account))).toBeUndefined();
  expect(await newDynamoClient(account).config.region()).toBe("eu-central-1");
  expect(newS3Client(account).config.forcePathStyle).toBe(false);
});

test("a service's own endpoint goes before the common one, and puts buckets into the path", async () => {
  const environment = { AWS_ENDPOINT_URL: "http://common:4566", AWS_ENDPOINT_URL_KINESIS: "http://streams:4567" };
  expect(await hostOf(newKinesisClient(environment))).toBe("streams");
  expect(await hostOf(newDynamoClient(environment))).toBe("common");
  expect(newS3Client(environment).config.forcePathStyle).toBe(true);
  expect(newS3Client({ AWS_ENDPOINT_URL_KINESIS: "http://streams:4567" }).config.forcePathStyle).toBe(false);
  // An endpoint has no region of its own, but the SDK asks for one.
  expect(await newDynamoClient(environment).config.region()).toBe("us-east-1");
});

test("credentials are those of the environment, with their session", async () => {
  const environment = {
    ...account,
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_SESSION_TOKEN: "token",
  };
  expect(await newDynamoClient(environment).config.credentials()).toMatchObject({
    ...{ accessKeyId: "id", secretAccessKey: "secret", sessionToken: "token" },
  });
});

test("tries are those of the limits, in the standard mode; the environment may only change their number", async () => {
  const triesOf = async (environment: Record<string, string>) => {
    const { config } = newDynamoClient({ ...account, ...environment }, API_CALLS);
    return [
      typeof config.retryMode === "function" ? await config.retryMode() : config.retryMode,
      await config.maxAttempts(),
    ];
  };
  expect(await triesOf({ AWS_RETRY_MODE: "adaptive" })).toEqual(["standard", 3]);
  expect(await triesOf({ AWS_MAX_ATTEMPTS: "1" })).toEqual(["standard", 1]);
});

test("a process has one client of each kind", () => {
  expect(dynamoClient()).toBe(dynamoClient());
  expect(kinesisClient()).toBe(kinesisClient());
});

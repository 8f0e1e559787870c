import { expect, test } from "vitest";
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

test("a process has one client of each kind", () => {
  expect(dynamoClient()).toBe(dynamoClient());
  expect(kinesisClient()).toBe(kinesisClient());
});

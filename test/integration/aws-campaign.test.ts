import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { ListStreamsCommand } from "@aws-sdk/client-kinesis";
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDynalite, startKinesisEmulator, startS3Emulator } from "../support/aws/emulators.ts";
import { startEventBridgeServer } from "../support/aws/event-bridge-server.ts";
import type { Loopback } from "../support/aws/loopback.ts";
import { type Clients, clientsOf, type Environment, emulatorEnvironment } from "../support/aws/resources.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PROGRAM = join(import.meta.dirname, "../aws/main.ts");
let home: ReturnType<typeof temporaryFolder>;
let emulators: (Loopback & { buses?: Set<string> })[];
let endpoints: Environment;
let clients: Clients;
beforeAll(async () => {
  home = temporaryFolder();
  const started = [startDynalite(), startS3Emulator(), startKinesisEmulator(), startEventBridgeServer()] as const;
  emulators = await Promise.all(started);
  const [dynamo, s3, kinesis, bus] = emulators;
  endpoints = {
    AWS_ENDPOINT_URL_DYNAMODB: dynamo!.url,
    AWS_ENDPOINT_URL_S3: s3!.url,
    AWS_ENDPOINT_URL_KINESIS: kinesis!.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: bus!.url,
  };
  clients = clientsOf(emulatorEnvironment(endpoints));
});
afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await Promise.all(emulators.map(({ close }) => close()));
  home.remove();
});

/** `npm run test:aws` on a machine that has this environment and no other credentials. */
const start = (environment: Environment, args: string[] = []) => {
  const known = Object.entries(process.env).filter(([name]) => !/^(AWS|VITEST|TEST)/.test(name));
  return spawn(process.execPath, [PROGRAM, ...args], {
    // A group of its own, as a terminal gives it, which an interrupt reaches as a whole.
    detached: true,
    env: { ...Object.fromEntries(known), HOME: home.path, AWS_EC2_METADATA_DISABLED: "true", ...environment },
  });
};
const campaign = async (environment: Environment, args: string[] = []) => {
  const child = start(environment, args);
  const closed = new Promise<number | null>((done) => child.once("close", done));
  const [code, output, errors] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  return { code, output, errors };
};
const leftOvers = async () => [
  ...((await clients.dynamoDb.send(new ListTablesCommand())).TableNames ?? []),
  ...((await clients.s3.send(new ListBucketsCommand())).Buckets ?? []),
  ...((await clients.kinesis.send(new ListStreamsCommand())).StreamNames ?? []),
  ...emulators[3]!.buses!,
];

test("refuses in one sentence when it has neither an endpoint nor credentials", async () => {
  const { code, output, errors } = await campaign({});
  expect([code, output]).toEqual([2, ""]);
  expect(errors).toMatch(/needs somewhere to run: set AWS_ENDPOINT_URL .* or give it the credentials of an account/);
});

test("makes resources of its own, and removes them whether its tests pass or fail", async () => {
  const passed = await campaign(endpoints, ["-t", "leaves out fields|EventBridge takes"]);
  expect(passed.errors).toBe("");
  expect(passed.output).toMatch(/made table tidewatch-test-\S+, bucket \S+, stream \S+, bus \S+; they are removed/);
  expect(passed.output).toMatch(/Tests .*2 passed/);
  expect([passed.code, await leftOvers()]).toEqual([0, []]);
  // A gap of this emulator.
  const failed = await campaign(endpoints, ["-t", "orders whole keys"]);
  expect(failed.output).toMatch(/1 failed/);
  expect([failed.code, await leftOvers()]).toEqual([1, []]);
});

test("removes what it had made when one of them cannot be made, and says which", async () => {
  const { code, errors } = await campaign({ ...endpoints, AWS_ENDPOINT_URL_KINESIS: endpoints.AWS_ENDPOINT_URL_S3 });
  expect(errors).toMatch(/stream tidewatch-test-\S+ could not be made/);
  expect([code, await leftOvers()]).toEqual([1, []]);
});

test("removes them when it is interrupted", async () => {
  const child = start(endpoints);
  let interrupted = false;
  child.stdout.on("data", (output) => {
    if (interrupted || !String(output).includes("DynamoDB")) return;
    interrupted = true;
    process.kill(-child.pid!, "SIGINT");
  });
  const code = await new Promise((done) => child.once("close", done));
  expect([interrupted, await leftOvers()]).toEqual([true, []]);
  expect(code).not.toBe(0);
});

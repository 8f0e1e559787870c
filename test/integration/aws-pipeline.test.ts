import { afterAll, beforeAll } from "vitest";
import { startDynalite, startKinesisEmulator, startS3Emulator } from "../support/aws/emulators.ts";
import type { Loopback } from "../support/aws/loopback.ts";
import { pipelineTest } from "../support/aws/pipeline.ts";
import { type Clients, clientsOf, createResources, emulatorEnvironment, type Names } from "../support/aws/resources.ts";

let emulators: Loopback[];
let clients: Clients;
let names: Names;
beforeAll(async () => {
  emulators = await Promise.all([startDynalite(), startS3Emulator(), startKinesisEmulator()]);
  const [dynamo, s3, kinesis] = emulators;
  clients = clientsOf(
    emulatorEnvironment({
      AWS_ENDPOINT_URL_DYNAMODB: dynamo!.url,
      AWS_ENDPOINT_URL_S3: s3!.url,
      AWS_ENDPOINT_URL_KINESIS: kinesis!.url,
    }),
  );
  names = await createResources(clients, ["table", "bucket", "stream"]);
});
afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await Promise.all(emulators.map(({ close }) => close()));
});

pipelineTest("dynalite, fauxqs and kinesis-local", () => ({ clients, names }));

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { championOf } from "@tidewatch/core/register/models";
import { putDetector } from "@tidewatch/core/store/detectors";
import { dynamoTable } from "@tidewatch/functions/aws/dynamo-table";
import { s3Blobs } from "@tidewatch/functions/aws/s3-blobs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startDynalite } from "../support/aws/emulators.ts";
import type { Loopback } from "../support/aws/loopback.ts";
import { type Clients, clientsOf, createResources, emulatorEnvironment } from "../support/aws/resources.ts";
import { startS3Server } from "../support/aws/s3-server.ts";
import { host, referenceRows } from "../support/onnx/imports.ts";
import { sklearnRegressor } from "../support/onnx/sklearn.ts";
import { tidewatch } from "../support/tidewatch.ts";

let emulators: Loopback[];
let env: Record<string, string>;
let clients: Clients;
let tableName: string;
let folder: string;
beforeAll(async () => {
  emulators = await Promise.all([startDynalite(), startS3Server()]);
  const [dynamo, s3] = emulators;
  env = emulatorEnvironment({
    AWS_ENDPOINT_URL_DYNAMODB: dynamo!.url,
    AWS_ENDPOINT_URL_S3: s3!.url,
  }) as Record<string, string>;
  clients = clientsOf(env);
  tableName = (await createResources(clients, ["table"])).table!;
  folder = await mkdtemp(join(tmpdir(), "tidewatch-models-aws-"));
});
afterAll(async () => {
  clients.dynamoDb.destroy();
  clients.s3.destroy();
  for (const emulator of emulators) await emulator.close();
  await rm(folder, { recursive: true, force: true });
});

const models = (...args: string[]) => tidewatch(["models", ...args], { env });

it("imports into a deployment, with the caller's AWS credentials, what the scoring function then reads", async () => {
  const table = dynamoTable({ client: clients.dynamoDb, tableName, clock: Date.now });
  await putDetector(table, host(), undefined);
  const [onnx, manifest, normal] = ["model.onnx", "m.json", "normal.csv"].map((name) => join(folder, name));
  await writeFile(onnx!, sklearnRegressor([1, 1], 0));
  await writeFile(manifest!, JSON.stringify({ detector: "host", features: ["a", "b"], higherIsAnomalous: true }));
  await writeFile(normal!, `a,b\n${referenceRows.join("\n")}\n`);
  const where = ["--table", tableName, "--bucket", "models"];
  const made = await models("import", onnx!, "-m", manifest!, "-r", normal!, "--promote", ...where);
  expect(made.stderr).toBe("");
  expect(made.stdout).toMatch(/^host: imported as version 1\n.*calibrated by 200 rows/s);
  const champion = await championOf({ table, blobs: s3Blobs({ client: clients.s3, bucket: "models" }) }, "host");
  expect(champion?.manifest).toMatchObject({ family: "onnx", version: 1, trainingRows: 200 });
  expect((await models("list", ...where)).stdout).toMatch(/^host +onnx +1 +– +1$/m);
});

it("wants table and bucket together", async () => {
  const { code, stderr } = await models("list", "--table", tableName);
  expect([code, stderr]).toEqual([1, expect.stringContaining("--table and --bucket go together")]);
});

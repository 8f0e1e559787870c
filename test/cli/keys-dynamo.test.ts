import { findKey } from "@tidewatch/core/access/store";
import { dynamoTable } from "@tidewatch/functions/aws/dynamo-table";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startDynalite } from "../support/aws/emulators.ts";
import type { Loopback } from "../support/aws/loopback.ts";
import { type Clients, clientsOf, createResources, emulatorEnvironment } from "../support/aws/resources.ts";
import { tidewatch } from "../support/tidewatch.ts";

let emulator: Loopback;
let env: Record<string, string>;
let clients: Clients;
let tableName: string;
beforeAll(async () => {
  emulator = await startDynalite();
  env = emulatorEnvironment({ AWS_ENDPOINT_URL_DYNAMODB: emulator.url }) as Record<string, string>;
  clients = clientsOf(env);
  tableName = (await createResources(clients, ["table"])).table!;
});
afterAll(async () => {
  clients.dynamoDb.destroy();
  await emulator.close();
});

const keys = (...args: string[]) => tidewatch(["keys", ...args], { env });

it("makes, lists and revokes the first key of a deployed pipeline, with the caller's AWS credentials", async () => {
  const made = await keys("create", "--name", "me", "--scope", "admin", "--table", tableName);
  expect(made.code, made.stderr).toBe(0);
  expect(made.stdout).toMatch(/^tw_/);
  const id = made.stdout.split("_")[1]!;
  const table = dynamoTable({ client: clients.dynamoDb, tableName, clock: Date.now });
  expect(await findKey(table, id)).toMatchObject({ key: { id, name: "me", scopes: ["admin"] } });
  expect(await keys("revoke", id, "--table", tableName)).toMatchObject({ code: 0, stdout: `${id}: revoked\n` });
  expect((await keys("list", "--table", tableName)).stdout).toMatch(/ revoked$/m);
});

it("says in one sentence that there is no such table", async () => {
  const { code, stderr } = await keys("list", "--table", "elsewhere");
  expect(code).toBe(1);
  expect(stderr).toMatch(/^tidewatch: .*elsewhere/);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

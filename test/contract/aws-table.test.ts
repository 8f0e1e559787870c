import { afterAll, beforeAll } from "vitest";
import { partOfTable } from "../support/aws/adapters.ts";
import { startDynalite } from "../support/aws/emulators.ts";
import type { Loopback } from "../support/aws/loopback.ts";
import { type Clients, clientsOf, createResources, emulatorEnvironment } from "../support/aws/resources.ts";
import { tableContract } from "./table.ts";

let emulator: Loopback;
let clients: Clients;
let tableName: string;
beforeAll(async () => {
  emulator = await startDynalite();
  clients = clientsOf(emulatorEnvironment({ AWS_ENDPOINT_URL_DYNAMODB: emulator.url }));
  tableName = (await createResources(clients, ["table"])).table!;
});
afterAll(async () => {
  clients.dynamoDb.destroy();
  await emulator.close();
});

tableContract("DynamoDB, by dynalite", async (now) => partOfTable(clients.dynamoDb, tableName, now));

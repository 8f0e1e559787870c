import { dynamoTable } from "@tidewatch/functions/aws/dynamo-table";
import { tableChangesOf } from "@tidewatch/functions/aws/table-change";
import { afterAll, beforeAll } from "vitest";
import { startDynamoStreams } from "../support/aws/dynamo-streams.ts";
import { startDynalite } from "../support/aws/emulators.ts";
import type { Loopback } from "../support/aws/loopback.ts";
import { clientsOf, createResources, emulatorEnvironment } from "../support/aws/resources.ts";
import { changeFeedContract } from "./change-feed.ts";

let emulator: Loopback;
beforeAll(async () => {
  emulator = await startDynalite();
});
afterAll(() => emulator.close());

/** Records of the table's stream, decoded and read as from a feed. */
changeFeedContract("DynamoDB stream records", async (clock) => {
  const streams = await startDynamoStreams(emulator.url, clock);
  const clients = clientsOf(emulatorEnvironment({ AWS_ENDPOINT_URL_DYNAMODB: streams.url }));
  const tableName = (await createResources(clients, ["table"])).table!;
  return {
    table: dynamoTable({ client: clients.dynamoDb, tableName, clock }),
    feed: {
      read: async (after = "", limit) =>
        streams.records
          .flatMap(tableChangesOf)
          .filter(({ cursor }) => cursor > after)
          .slice(0, limit),
    },
    sweepExpired: () => streams.sweep(tableName),
    close: async () => {
      clients.dynamoDb.destroy();
      await streams.close();
    },
  };
});

import { join } from "node:path";
import { kinesisEndpoint } from "@tidewatch/local/kinesis/endpoint";
import { openSqliteStream } from "@tidewatch/local/stream/sqlite-stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { restOfStream } from "../support/aws/adapters.ts";
import { startKinesisEmulator } from "../support/aws/emulators.ts";
import { KINESIS_LOCAL_GAPS } from "../support/aws/gaps.ts";
import { IMPATIENT } from "../support/aws/impatient.ts";
import type { Loopback } from "../support/aws/loopback.ts";
import { type FaultProxy, passOn, startProxy } from "../support/aws/proxy.ts";
import { takePart, textOf } from "../support/aws/refused-records.ts";
import { type Clients, clientsOf, createResources, emulatorEnvironment } from "../support/aws/resources.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { eventStreamContract } from "./event-stream.ts";

let emulator: Loopback;
let proxy: FaultProxy;
let clients: Clients;
let streamName: string;
beforeAll(async () => {
  emulator = await startKinesisEmulator();
  proxy = await startProxy(emulator.url);
  clients = clientsOf(emulatorEnvironment({ AWS_ENDPOINT_URL_KINESIS: proxy.url }));
  streamName = (await createResources(clients, ["stream"])).stream!;
});
afterAll(async () => {
  clients.kinesis.destroy();
  await proxy.close();
  await emulator.close();
});

const oddRefusedBy = (to: FaultProxy) => () => {
  takePart(to, (record) => !/[13579]$/.test(textOf(record)));
  return () => {
    to.intercept = passOn;
  };
};

eventStreamContract(
  "Kinesis, by kinesis-local",
  async () => ({
    ...(await restOfStream(clients.kinesis, streamName, { backoff: IMPATIENT })),
    refuseOdd: oddRefusedBy(proxy),
  }),
  KINESIS_LOCAL_GAPS,
);

it("the gap of kinesis-local is there: the last hash key of a shard goes to the next one", async () => {
  const { stream } = await restOfStream(clients.kinesis, streamName);
  const lastOfFirst = String(2n ** 126n - 1n);
  const [receipt] = await stream.putMany([
    { partitionKey: "a", data: new Uint8Array(1), explicitHashKey: lastOfFirst },
  ]);
  expect(receipt!.shardId).toBe("shardId-000000000001");
});

eventStreamContract("Kinesis, by the endpoint of our own", async (now) => {
  const folder = temporaryFolder();
  const opened = openSqliteStream(join(folder.path, "stream.sqlite"), { now });
  const endpoint = kinesisEndpoint({ ...opened, streamName: "events", now });
  const before = await startProxy((await endpoint.listen(0)).url);
  const { kinesis } = clientsOf(emulatorEnvironment({ AWS_ENDPOINT_URL_KINESIS: before.url }));
  const rest = await restOfStream(kinesis, "events", { backoff: IMPATIENT });
  const close = async () => {
    kinesis.destroy();
    await before.close();
    await endpoint.close();
    await opened.close();
    folder.remove();
  };
  return { ...rest, refuseOdd: oddRefusedBy(before), close };
});

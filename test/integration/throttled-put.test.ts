import { createApi } from "@tidewatch/functions/api/create-api";
import { kinesisStream } from "@tidewatch/functions/aws/kinesis-stream";
import { listen } from "@tidewatch/local/http/listen";
import { afterAll, beforeAll, expect, test } from "vitest";
import { IMPATIENT } from "../support/aws/impatient.ts";
import { type FaultProxy, startProxy } from "../support/aws/proxy.ts";
import { takePart } from "../support/aws/refused-records.ts";
import { clientsOf, emulatorEnvironment } from "../support/aws/resources.ts";
import { metric } from "../support/scoring.ts";
import { tidewatch } from "../support/tidewatch.ts";
import { startApi, type TestApi } from "./api-harness.ts";
import { STREAM, startKinesis } from "./kinesis-harness.ts";

let kinesis: Awaited<ReturnType<typeof startKinesis>>;
let proxy: FaultProxy;
let clients: ReturnType<typeof clientsOf>;
let api: TestApi;
let server: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  kinesis = await startKinesis();
  proxy = await startProxy(kinesis.url);
  clients = clientsOf(emulatorEnvironment({ AWS_ENDPOINT_URL_KINESIS: proxy.url }));
  api = startApi();
  const stream = kinesisStream({ client: clients.kinesis, streamName: STREAM, backoff: IMPATIENT });
  server = await listen(createApi({ ...api.ports, stream }), 0, "127.0.0.1");
});
afterAll(async () => {
  await server.close();
  await api.stop();
  for (const client of Object.values(clients)) client.destroy();
  await proxy.close();
  await kinesis.stop();
});

test("through a stream that throttles, `tidewatch put` gets each event onto it exactly once", async () => {
  // Of each five calls two are taken by half and three not at all, when the API gives up; twice in each of two batches.
  let calls = 0;
  const throttledCalls = 20;
  takePart(proxy, (_record, place) => {
    if (place === 0) calls++;
    if (calls > throttledCalls) return true;
    return calls % 5 < 2 && place % 2 === 0;
  });
  const events = Array.from({ length: 1200 }, (_, n) => JSON.stringify(metric(`web-${n % 7}`, n, { cpu: n })));
  const input = events.toSpliced(700, 0, '{"type":"metric"}').join("\n");
  const { code, stdout, stderr } = await tidewatch(["put", "-", "--url", server.url], { input });

  expect(stderr.match(/are not stored/g)?.length).toBeGreaterThanOrEqual(3);
  expect(stderr).toContain("line 701:");
  expect(stdout).toContain("1,200 events accepted, 1 rejected");
  expect(code).toBe(1);
  const stored = kinesis.reader
    .shardIds()
    .flatMap((shardId) => kinesis.reader.read(shardId, undefined, { records: 1e6, bytes: 1e9 }))
    .map(({ data }) => Buffer.from(data).toString());
  expect(stored.sort()).toEqual(events.sort());
});

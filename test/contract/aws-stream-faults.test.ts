import { join } from "node:path";
import type { StreamEntry } from "@tidewatch/core/store/ports";
import { storedBy } from "@tidewatch/core/store/put-failure";
import { kinesisStream } from "@tidewatch/functions/aws/kinesis-stream";
import { kinesisEndpoint } from "@tidewatch/local/kinesis/endpoint";
import { openSqliteStream } from "@tidewatch/local/stream/sqlite-stream";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { IMPATIENT, ONE_TRY } from "../support/aws/impatient.ts";
import { jsonFailure } from "../support/aws/loopback.ts";
import { type FaultProxy, startProxy } from "../support/aws/proxy.ts";
import { recordsOf, takePart, textOf } from "../support/aws/refused-records.ts";
import { clientsOf, emulatorEnvironment } from "../support/aws/resources.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const STREAM = "events";
const NO_LIMIT = { records: 1_000_000, bytes: 1_000_000_000 };
let proxy: FaultProxy;
let local: ReturnType<typeof openSqliteStream>;
let client: ReturnType<typeof clientsOf>["kinesis"];
let oneTry: typeof client;
let stop: () => Promise<void>;
beforeEach(async () => {
  const folder = temporaryFolder();
  local = openSqliteStream(join(folder.path, "stream.sqlite"), { now: Date.now });
  const endpoint = kinesisEndpoint({ ...local, streamName: STREAM, now: Date.now });
  proxy = await startProxy((await endpoint.listen(0)).url);
  const endpointUrl = { AWS_ENDPOINT_URL_KINESIS: proxy.url };
  client = clientsOf(emulatorEnvironment(endpointUrl)).kinesis;
  oneTry = clientsOf(emulatorEnvironment({ ...endpointUrl, ...ONE_TRY })).kinesis;
  stop = async () => {
    for (const one of [client, oneTry]) one.destroy();
    await proxy.close();
    await endpoint.close();
    await local.close();
    folder.remove();
  };
});
afterEach(() => stop());

const open = (backoff = IMPATIENT) => kinesisStream({ client, streamName: STREAM, backoff });
const openOneTry = () => kinesisStream({ client: oneTry, streamName: STREAM, backoff: IMPATIENT });
const entry = (partitionKey: string, text: string): StreamEntry => ({ partitionKey, data: Buffer.from(text) });
/** `key text` of every record, shard by shard and in order. */
const onStream = () =>
  local.reader
    .shardIds()
    .flatMap((shardId) => local.reader.read(shardId, undefined, NO_LIMIT))
    .map(({ partitionKey, data }) => `${partitionKey} ${Buffer.from(data)}`);

test("whatever Kinesis refuses at first, each entry is on the stream once, under its receipt, call after call", async () => {
  let run = 0;
  const keys = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 700 });
  await fc.assert(
    fc.asyncProperty(keys, fc.array(fc.boolean(), { minLength: 5 }), async (all, luck) => {
      const tag = `run${run++}`;
      let turn = 0;
      takePart(proxy, (_record, place) => place === 0 || luck[turn++ % luck.length]!);
      const receipts = await open().putMany(all.map((key, i) => entry(key, `${tag} ${i}`)));

      const mine = onStream().filter((text) => text.includes(` ${tag} `));
      expect([...mine].sort()).toEqual(all.map((key, i) => `${key} ${tag} ${i}`).sort());
      for (const [i, { shardId, sequenceNumber }] of receipts.entries()) {
        const before = String(BigInt(sequenceNumber) - 1n);
        const after = before.endsWith("0".repeat(16)) ? undefined : before;
        const [record] = local.reader.read(shardId, after, { records: 1, bytes: 1 });
        expect(record!.data.toString()).toBe(`${tag} ${i}`);
      }
      // The second call begins when all of the first one, 500 entries, is there.
      for (const key of ["a", "b", "c"]) {
        const places = mine.filter((text) => text.startsWith(`${key} `)).map((text) => Number(text.split(" ")[2]));
        const lastOfFirst = places.findLastIndex((place) => place < 500);
        expect(places.slice(0, lastOfFirst + 1).every((place) => place < 500)).toBe(true);
      }
    }),
    { numRuns: 12 },
  );
});

test("sends again only what was refused, in its order", async () => {
  let call = 0;
  takePart(proxy, (record) => call > 1 || !/[37]/.test(textOf(record)));
  const counting = proxy.intercept;
  proxy.intercept = async (one, forward) => {
    call++;
    return await counting(one, forward);
  };
  await open().putMany(Array.from({ length: 10 }, (_, i) => entry("a", `${i}`)));
  expect(proxy.calls.map((one) => recordsOf(one).map(textOf).join(""))).toEqual(["0123456789", "37"]);
  expect(
    onStream()
      .map((text) => text.slice(2))
      .join(""),
  ).toBe("0124568937");
});

test("keeps to 500 records and 5 MiB a call", async () => {
  const large = { partitionKey: "large", data: new Uint8Array(1024 * 1024 - 5) };
  await open().putMany([...Array.from({ length: 1001 }, (_, i) => entry("a", `${i}`)), ...Array(6).fill(large)]);
  expect(proxy.calls.map((call) => recordsOf(call).length)).toEqual([500, 500, 5, 2]);
});

test("waits with full jitter, and says which entry was the first that is not on the stream", async () => {
  const waits: number[] = [];
  const backoff = { random: () => 0.5, sleep: async (ms: number) => void waits.push(ms), attempts: 4 };
  takePart(proxy, (record) => !["two", "three"].includes(textOf(record)));
  const put = open(backoff).putMany(["one", "two", "three"].map((text) => entry("a", text)));
  await expect(put).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/2 of a call are not on it, the first being entry 1 of 3/),
  });
  // The first try put one entry, and so does not count as a failure.
  expect(waits).toEqual([25, 25, 50, 100]);
  expect(onStream()).toEqual(["a one"]);
});

test("a failure in a later call has the receipts of the earlier ones", async () => {
  takePart(proxy, (record) => Number(textOf(record)) < 700);
  const failure = await open()
    .putMany(Array.from({ length: 1200 }, (_, i) => entry("a", `${i}`)))
    .catch((error: unknown) => error);
  const stored = storedBy(failure);
  expect(stored).toHaveLength(1200);
  expect(stored.map((receipt, i) => (receipt ? i : -1)).filter((i) => i >= 0)).toEqual([...Array(700).keys()]);
  proxy.intercept = async () => jsonFailure("ResourceNotFoundException");
  expect(
    storedBy(
      await openOneTry()
        .putMany([entry("a", "x")])
        .catch((error: unknown) => error),
    ),
  ).toEqual([undefined]);
});

test("refuses an entry over 1 MiB by its place, and sends nothing", async () => {
  const put = open().putMany([entry("a", "good"), entry("a", "good"), entry("ab", "x".repeat(1024 * 1024 - 1))]);
  await expect(put).rejects.toMatchObject({
    code: "TOO_LARGE",
    message: "entry 2 of the put: it has 1048577 bytes with its partition key, a record has at most 1048576",
  });
  expect(proxy.calls).toEqual([]);
});

test("a call whose answer was lost is sent again: its records are there twice, under receipts of the second", async () => {
  let calls = 0;
  proxy.intercept = async (_call, forward) => {
    const reply = await forward();
    return calls++ === 0 ? "hang-up" : reply;
  };
  const [receipt] = await open().putMany([entry("a", "x")]);
  expect(onStream()).toEqual(["a x", "a x"]);
  expect(receipt!.sequenceNumber).toBe(local.reader.latestSequenceNumber("shardId-000000000000"));
});

test("what passes is tried again; a stream that is not there is named", async () => {
  let calls = 0;
  proxy.intercept = async (_call, forward) =>
    calls++ === 0 ? jsonFailure("InternalFailureException", 500) : await forward();
  expect(await open().putMany([entry("a", "x")])).toHaveLength(1);
  proxy.intercept = async () => jsonFailure("ProvisionedThroughputExceededException");
  await expect(openOneTry().putMany([entry("a", "x")])).rejects.toMatchObject({ code: "UNAVAILABLE" });
  proxy.intercept = async () => jsonFailure("ResourceNotFoundException");
  await expect(openOneTry().putMany([entry("a", "x")])).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: "stream events is not there: deploy the stage, or correct the name",
  });
});

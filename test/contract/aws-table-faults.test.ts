import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Put } from "@tidewatch/core/store/ports";
import { dynamoTable } from "@tidewatch/functions/aws/dynamo-table";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startDynalite } from "../support/aws/emulators.ts";
import { IMPATIENT, ONE_TRY } from "../support/aws/impatient.ts";
import { type Call, jsonFailure, jsonReply, type Loopback } from "../support/aws/loopback.ts";
import { bodyOf, type FaultProxy, passOn, startProxy } from "../support/aws/proxy.ts";
import { type Clients, clientsOf, createResources, emulatorEnvironment } from "../support/aws/resources.ts";
import { memoryTable } from "../support/memory-table.ts";

const NOW_MS = Date.UTC(2026, 10, 20, 10);
const clock = () => NOW_MS;
let emulator: Loopback;
let proxy: FaultProxy;
let clients: Clients;
let tableName: string;
beforeAll(async () => {
  emulator = await startDynalite();
  proxy = await startProxy(emulator.url);
  clients = clientsOf(emulatorEnvironment({ AWS_ENDPOINT_URL_DYNAMODB: proxy.url }));
  tableName = (await createResources(clients, ["table"])).table!;
});
afterEach(() => {
  proxy.intercept = passOn;
  proxy.calls.length = 0;
});
afterAll(async () => {
  clients.dynamoDb.destroy();
  await proxy.close();
  await emulator.close();
});

const open = (client = clients.dynamoDb) => dynamoTable({ client, tableName, clock, backoff: IMPATIENT });
const any = { kind: "any" } as const;
const plainPuts = (pk: string, count: number): Put[] =>
  Array.from({ length: count }, (_, i) => ({ item: { pk, sk: `${i}`, version: i }, condition: any }));
const operations = (name: string) => proxy.calls.filter(({ operation }) => operation === name);
/** How many keys or items a batch call has. */
const sizeOf = (call: Call): number => {
  const { RequestItems } = bodyOf<{ RequestItems: Record<string, unknown[] & { Keys: unknown[] }> }>(call);
  const requests = RequestItems[tableName]!;
  return Array.isArray(requests) ? requests.length : (requests as { Keys: unknown[] }).Keys.length;
};

type Batch = { RequestItems: Record<string, { Keys: unknown[] } | unknown[]> };
/** Does a part of each batch, by `take`, and leaves the rest unprocessed. */
const doPart = (take: <T>(all: T[]) => T[]): void => {
  proxy.intercept = async (call, forward) => {
    if (!call.operation.startsWith("Batch")) return await forward();
    const requests = bodyOf<Batch>(call).RequestItems[tableName]!;
    const all = Array.isArray(requests) ? requests : requests.Keys;
    const taken = take(all);
    const left = all.filter((one) => !taken.includes(one));
    const inTable = (some: unknown[]) => ({
      [tableName]: Array.isArray(requests) ? some : { ...requests, Keys: some },
    });
    const done = taken.length === 0 ? {} : bodyOf<object>((await forward({ RequestItems: inTable(taken) })) as never);
    const rest = left.length === 0 ? {} : inTable(left);
    return jsonReply({
      Responses: {},
      ...done,
      [Array.isArray(requests) ? "UnprocessedItems" : "UnprocessedKeys"]: rest,
    });
  };
};

test("reads a hundred keys at a time, each once, and asks again for what was left", async () => {
  const table = open();
  await table.putMany(plainPuts("get", 230));
  expect(
    operations("BatchWriteItem")
      .map(sizeOf)
      .sort((a, b) => b - a),
  ).toEqual([...Array(9).fill(25), 5]);
  const keys = [...Array.from({ length: 230 }, (_, i) => i), 7, 7].map((i) => ({ pk: "get", sk: `${i}` }));
  await table.getMany(keys);
  expect(
    operations("BatchGetItem")
      .map(sizeOf)
      .sort((a, b) => b - a),
  ).toEqual([100, 100, 30]);

  doPart((all) => all.filter((_, i) => i % 3 === 0));
  const items = await table.getMany(keys);
  expect(items.map((item) => item?.version)).toEqual(keys.map(({ sk }) => Number(sk)));
});

test("says how many items it could not read or write when DynamoDB leaves them again and again", async () => {
  const table = open();
  doPart(() => []);
  const unread = table.getMany([
    { pk: "left", sk: "1" },
    { pk: "left", sk: "2" },
  ]);
  await expect(unread).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/left 2 of 2 items unread/),
  });
  expect(operations("BatchGetItem")).toHaveLength(3);
  await expect(table.putMany(plainPuts("left", 3))).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("whatever part of whichever batch is left unprocessed, puts come to what they do in memory", async () => {
  const table = open();
  let run = 0;
  const onePut = fc.record({
    sk: fc.integer({ min: 0, max: 40 }).map(String),
    version: fc.integer({ min: 0, max: 9 }),
    lives: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
    // Few are conditional: it is the batches that are left undone.
    condition: fc.oneof({ weight: 6, arbitrary: fc.constant(any) }, fc.constant({ kind: "absent" } as const)),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(onePut, { maxLength: 80 }),
      fc.array(fc.boolean(), { minLength: 7 }),
      async (puts, luck) => {
        const pk = `law-${run++}`;
        let turn = 0;
        // At least one of a call is done, so that it ends.
        doPart((all) => all.filter((_, i) => i === 0 || luck[turn++ % luck.length]));
        const all = puts.map(({ sk, version, lives, condition }): Put => {
          const expiry = lives ? {} : { expiresAtMs: 1 };
          return { item: { pk, sk, version, ...expiry }, condition };
        });
        const memory = memoryTable(clock);
        expect(await table.putMany(all)).toEqual(await memory.putMany(all));
        expect(await table.query({ pk, limit: 100 })).toEqual(await memory.query({ pk, limit: 100 }));
      },
    ),
    { numRuns: 15 },
  );
});

test("a put whose answer was lost counts as written, and one that lost against another as a conflict", async () => {
  const table = open();
  const put = async (sk: string, version: number, condition: Put["condition"], more: object = {}) =>
    (
      await table.putMany([{ item: { pk: "lost", sk, version, bytes: Uint8Array.of(version), ...more }, condition }])
    )[0];
  let lost = 0;
  proxy.intercept = async (call, forward) => {
    const reply = await forward();
    if (!["PutItem", "DeleteItem"].includes(call.operation) || lost++ % 2 === 1) return reply;
    return "hang-up";
  };
  expect(await put("new", 1, { kind: "absent" })).toBe("written");
  expect(await put("new", 2, { kind: "version", version: 1 })).toBe("written");
  expect(await put("new", 3, { kind: "absent" })).toBe("conflict");
  expect(await put("new", 3, { kind: "version", version: 1 })).toBe("conflict");
  expect(await put("new", 3, { kind: "version", version: 2 }, { expiresAtMs: 1 })).toBe("written");
  expect(lost).toBe(10);
  expect(await table.query({ pk: "lost", limit: 9 })).toEqual([]);
});

test("reads what was written last, wherever DynamoDB keeps it: every read is a consistent one", async () => {
  const table = open();
  await table.getMany([{ pk: "a", sk: "1" }]);
  await table.query({ pk: "a", limit: 1 });
  expect(bodyOf(operations("BatchGetItem")[0]!)).toMatchObject({
    RequestItems: { [tableName]: { ConsistentRead: true } },
  });
  expect(bodyOf(operations("Query")[0]!)).toMatchObject({ ConsistentRead: true });
});

test("reads past pages of a megabyte, and past a thousand items", async () => {
  const table = open();
  const doc = "x".repeat(300_000);
  await table.putMany(plainPuts("wide", 9).map(({ item }) => ({ item: { ...item, doc }, condition: any })));
  expect((await table.query({ pk: "wide", order: "descending", limit: 8 })).map(({ version }) => version)).toEqual([
    8, 7, 6, 5, 4, 3, 2, 1,
  ]);
  expect(operations("Query").length).toBeGreaterThan(1);
  await table.putMany(plainPuts("long", 1100));
  expect(await table.query({ pk: "long", limit: 5000 })).toHaveLength(1100);
});

test("refuses what DynamoDB would, before anything of the call is written", async () => {
  const table = open();
  const refused = async (item: object, code: string) => {
    const puts = [
      ...plainPuts("refused", 1),
      { item: { pk: "refused", sk: "s", version: 1, ...item }, condition: any },
    ];
    await expect(table.putMany(puts)).rejects.toMatchObject({ code });
  };
  await refused({ bytes: new Uint8Array(400 * 1024) }, "TOO_LARGE");
  await refused({ doc: "é".repeat(205_000) }, "TOO_LARGE");
  await refused({ sk: "x".repeat(1025) }, "VALIDATION");
  await refused({ version: 1.5 }, "VALIDATION");
  expect(
    await table.getMany([
      { pk: "", sk: "s" },
      { pk: "refused", sk: "" },
    ]),
  ).toEqual([undefined, undefined]);
  expect(await table.query({ pk: "", limit: 1 })).toEqual([]);
  expect(proxy.calls.filter(({ operation }) => operation !== "Query")).toEqual([]);
});

test("what passes is tried again; what lasts is UNAVAILABLE, and what is wrong too, with the next step", async () => {
  const failing = (times: number, type: string, status: number) => {
    let failures = 0;
    proxy.intercept = async (_call, forward) => (failures++ < times ? jsonFailure(type, status) : await forward());
  };
  const put = (client = clients.dynamoDb) =>
    open(client).putMany([{ item: { pk: "again", sk: "1", version: 1 }, condition: { kind: "absent" } }]);
  failing(1, "InternalServerError", 500);
  expect(await put()).toEqual(["written"]);
  const bare = clientsOf(emulatorEnvironment({ AWS_ENDPOINT_URL_DYNAMODB: proxy.url, ...ONE_TRY })).dynamoDb;
  failing(99, "ProvisionedThroughputExceededException", 400);
  await expect(put(bare)).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: /does not answer for now \(Provisioned/,
  });
  failing(99, "AccessDeniedException", 400);
  await expect(put(bare)).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/give the function's role this action/),
  });
  failing(99, "ResourceNotFoundException", 400);
  await expect(put(bare)).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/is not there: deploy the stage/),
  });
  bare.destroy();
});

test("no answer in time, and no server at all, are UNAVAILABLE", async () => {
  const clientOf = (endpoint: string) =>
    new DynamoDBClient({
      ...{ endpoint, region: "us-east-1", credentials: { accessKeyId: "x", secretAccessKey: "x" }, maxAttempts: 1 },
      requestHandler: new NodeHttpHandler({ requestTimeout: 50, throwOnRequestTimeout: true }),
    });
  proxy.intercept = async (_call, forward) => {
    await sleep(300);
    return await forward();
  };
  const slow = clientOf(proxy.url);
  await expect(open(slow).getMany([{ pk: "a", sk: "b" }])).rejects.toMatchObject({ code: "UNAVAILABLE" });
  const nobody = clientOf("http://127.0.0.1:1");
  await expect(open(nobody).query({ pk: "a", limit: 1 })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  for (const client of [slow, nobody]) client.destroy();
});

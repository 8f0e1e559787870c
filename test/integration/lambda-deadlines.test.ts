import { createKey } from "@tidewatch/core/access/store";
import { dynamoTable } from "@tidewatch/functions/aws/dynamo-table";
import { toKinesisEvent } from "@tidewatch/local/consumer/invocation";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startDynalite } from "../support/aws/emulators.ts";
import { startLambda } from "../support/aws/lambda.ts";
import { jsonReply, type Loopback, type Reply } from "../support/aws/loopback.ts";
import { bodyOf, type FaultProxy, passOn, startProxy } from "../support/aws/proxy.ts";
import { type Clients, clientsOf, createResources } from "../support/aws/resources.ts";
import { metric, record } from "../support/scoring.ts";
import { STREAM, startKinesis } from "./kinesis-harness.ts";

/** What a function has left; calls end five seconds before. */
const REMAINING_MS = 7000;
const never = new Promise<Reply>(() => {});

let dynamo: Loopback;
let kinesis: Awaited<ReturnType<typeof startKinesis>>;
let toTable: FaultProxy;
let toStream: FaultProxy;
let clients: Clients;
let environment: Record<string, string>;
let token: string;

beforeAll(async () => {
  [dynamo, kinesis] = await Promise.all([startDynalite(), startKinesis()]);
  [toTable, toStream] = await Promise.all([startProxy(dynamo.url), startProxy(kinesis.url)]);
  const account = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "AKIATEST", AWS_SECRET_ACCESS_KEY: "secret" };
  clients = clientsOf({ ...account, AWS_ENDPOINT_URL_DYNAMODB: dynamo.url });
  const { table: tableName = "" } = await createResources(clients, ["table"]);
  const table = dynamoTable({ client: clients.dynamoDb, tableName, clock: Date.now });
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const wanted = { name: "test", scopes: ["ingest" as const], ratePerMinute: 100 };
  ({ token } = await createKey({ table, clock: Date.now, random }, wanted));
  environment = {
    ...account,
    ...{ AWS_ENDPOINT_URL_DYNAMODB: toTable.url, AWS_ENDPOINT_URL_KINESIS: toStream.url },
    ...{ TABLE_NAME: tableName, BUCKET_NAME: "bucket", STREAM_NAME: STREAM, BUS_NAME: "bus" },
  };
});
afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await Promise.all([toTable.close(), toStream.close()]);
  await Promise.all([dynamo.close(), kinesis.stop()]);
});
beforeEach(() => {
  toTable.intercept = passOn;
  toStream.intercept = passOn;
});

const request = (method: string, rawPath: string, events?: object[]) => ({
  ...{ version: "2.0", routeKey: "$default", rawPath, rawQueryString: "" },
  headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": "once" },
  requestContext: { http: { method, path: rawPath }, domainName: "test", requestId: "1" },
  isBase64Encoded: false,
  body: events ? JSON.stringify(events) : null,
});
const events = Array.from({ length: 20 }, (_, n) => metric(`web-${n}`, n, { cpu: n }));
const onStream = () =>
  kinesis.reader
    .shardIds()
    .flatMap((shardId) => kinesis.reader.read(shardId, undefined, { records: 1000, bytes: 1e9 }))
    .map(({ data }) => JSON.parse(Buffer.from(data).toString()).entity as string);

type Rest = { notStored: number[]; resumeFrom: number };
const leftOf = (sent: { entity: string }[], { notStored, resumeFrom }: Rest) =>
  [...notStored.map((index) => sent[index]!), ...sent.slice(resumeFrom)].map(({ entity }) => entity);

type Answer = { statusCode: number; body: string };
const timed = async (lambda: Awaited<ReturnType<typeof startLambda>>, event: unknown, remainingMs = REMAINING_MS) => {
  const startMs = Date.now();
  const { result, error } = await lambda.invoke("timed", event, remainingMs);
  const tookMs = Date.now() - startMs;
  expect(tookMs).toBeLessThan(remainingMs);
  const { statusCode, body } = (result ?? {}) as Partial<Answer>;
  return { tookMs, error, status: statusCode, problem: body ? JSON.parse(body) : undefined };
};

test("the health of an API whose table hangs is 503, and its line is in the log", async () => {
  toTable.intercept = () => never;
  const lambda = await startLambda("api", environment);
  const { status, problem } = await timed(lambda, request("GET", "/healthz"));
  expect([status, problem.code]).toEqual([503, "UNAVAILABLE"]);
  const { lines } = await lambda.end();
  expect(lines.at(-1)).toMatchObject({ message: "request", status: 503, ServerErrors: 1 });
});

test("with time left, a table that hangs is given up after three tries of two seconds", async () => {
  toTable.intercept = () => never;
  toTable.calls.length = 0;
  const lambda = await startLambda("api", environment);
  const { status, tookMs } = await timed(lambda, request("GET", "/healthz"), 29_000);
  expect([status, toTable.calls.length]).toEqual([503, 3]);
  expect(tookMs).toBeLessThan(10_000);
  await lambda.end();
});

test("a stream that hangs is 503 in time, nothing stays pending, and a retry under the same key is taken", async () => {
  const lambda = await startLambda("api", environment);
  toStream.intercept = () => never;
  const { status, problem } = await timed(lambda, request("POST", "/v1/events", events));
  expect([status, problem]).toEqual([503, expect.objectContaining({ code: "UNAVAILABLE", resumeFrom: 0 })]);
  toStream.intercept = passOn;
  expect(await timed(lambda, request("POST", "/v1/events", events))).toMatchObject({ status: 202 });
  expect(onStream().sort()).toEqual(events.map(({ entity }) => entity).sort());
  const { lines } = await lambda.end();
  expect(lines.map(({ status: logged }) => logged)).toEqual([503, 202]);
});

test("a stream that takes one record a call keeps nobody beyond the deadline", async () => {
  toStream.intercept = async (call, forward) => {
    const { Records, ...rest } = bodyOf<{ Records: object[] }>(call);
    const [first] = bodyOf<{ Records: object[] }>(
      (await forward({ ...rest, Records: [Records[0]!] })) as Reply & {
        body: Buffer;
      },
    ).Records;
    const refused = { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" };
    return jsonReply({ FailedRecordCount: Records.length - 1, Records: Records.map((_, n) => (n ? refused : first)) });
  };
  const many = Array.from({ length: 400 }, (_, n) => metric(`many-${n}`, n, { cpu: n }));
  const lambda = await startLambda("api", environment);
  const post = { ...request("POST", "/v1/events", many) };
  const { status, problem } = await timed(lambda, { ...post, headers: { ...post.headers, "idempotency-key": "many" } });
  expect([status, problem.code]).toEqual([503, "UNAVAILABLE"]);
  const stored = onStream().filter((entity) => entity.startsWith("many-"));
  // The call that the deadline cut off may have put its record: nobody can know, so it is told as not stored.
  expect(stored.length - (problem.accepted as number)).toBeOneOf([0, 1]);
  const left = leftOf(many, problem);
  expect(left).toHaveLength(many.length - (problem.accepted as number));
  expect([...new Set([...stored, ...left])].sort()).toEqual(many.map(({ entity }) => entity).sort());
  await lambda.end();
});

test.each(["score", "archive"])("%s whose table hangs throws in time and tells why in the log", async (entry) => {
  toTable.intercept = () => never;
  const lambda = await startLambda(entry, environment);
  const { error } = await timed(lambda, toKinesisEvent(STREAM, [record(0, metric("web-1", 1, { cpu: 1 }))]));
  expect(error).toMatchObject({ name: "UNAVAILABLE" });
  const { lines } = await lambda.end();
  expect(lines).toEqual([expect.objectContaining({ message: `${entry} failed`, code: "UNAVAILABLE" })]);
});

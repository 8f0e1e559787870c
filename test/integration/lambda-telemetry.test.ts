import { createKey } from "@tidewatch/core/access/store";
import { Detector } from "@tidewatch/core/detector";
import { LogDetector } from "@tidewatch/core/log/detector";
import { putDetector } from "@tidewatch/core/store/detectors";
import { headKey, modelAliasKey, sessionHeadKey } from "@tidewatch/core/store/keys";
import type { Blobs, StreamRecord, Table } from "@tidewatch/core/store/ports";
import { dynamoTable } from "@tidewatch/functions/aws/dynamo-table";
import { s3Blobs } from "@tidewatch/functions/aws/s3-blobs";
import { toKinesisEvent } from "@tidewatch/local/consumer/invocation";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDynalite, startS3Emulator } from "../support/aws/emulators.ts";
import { type LogLine, metricsOf, startLambda } from "../support/aws/lambda.ts";
import { jsonReply, type Loopback, serve } from "../support/aws/loopback.ts";
import { type Clients, clientsOf, createResources, type Names } from "../support/aws/resources.ts";
import { logEvent } from "../support/log-archive.ts";
import { metric, record } from "../support/scoring.ts";
import { STREAM, startKinesis } from "./kinesis-harness.ts";

/** What no log may hold: a value, a tag, the text of a record that is none, the secret of a key. */
const SECRETS = {
  value: 73_219.625,
  tag: "tag-of-a-person",
  text: "text-of-a-person",
  job: "job_of_a_person",
  bearer: "",
};
const ENTITIES = ["web-1", "web-2", "web-3"];

let dynamo: Loopback;
let s3: Loopback;
let events: Loopback;
let kinesis: Awaited<ReturnType<typeof startKinesis>>;
let clients: Clients;
let names: Names;
let table: Table;
let blobs: Blobs;
let environment: Record<string, string>;
let printed = "";

beforeAll(async () => {
  [dynamo, s3, kinesis] = await Promise.all([startDynalite(), startS3Emulator(), startKinesis()]);
  events = await serve(async () => jsonReply({ FailedEntryCount: 0, Entries: [{ EventId: "1" }] }));
  const endpoints = {
    ...{ AWS_ENDPOINT_URL_DYNAMODB: dynamo.url, AWS_ENDPOINT_URL_S3: s3.url, AWS_ENDPOINT_URL_KINESIS: kinesis.url },
    ...{ AWS_ENDPOINT_URL_EVENTBRIDGE: events.url, AWS_REGION: "us-east-1" },
    ...{ AWS_ACCESS_KEY_ID: "AKIATEST", AWS_SECRET_ACCESS_KEY: "secret-of-aws" },
  };
  clients = clientsOf(endpoints);
  names = await createResources(clients, ["table", "bucket"]);
  table = dynamoTable({ client: clients.dynamoDb, tableName: names.table!, clock: Date.now });
  blobs = s3Blobs({ client: clients.s3, bucket: names.bucket! });
  environment = {
    ...endpoints,
    ...{ TABLE_NAME: names.table!, BUCKET_NAME: names.bucket!, STREAM_NAME: STREAM, BUS_NAME: "bus" },
  };
  const model = { family: "isolation-forest", minTrainingRows: 20, trees: 2 };
  for (const id of ["host", "twice"]) {
    const parts = { id, match: { entity: "web-*" }, features: [{ metric: "cpu" }], model, latenessSeconds: 5 };
    await putDetector(table, Detector.parse(parts), undefined);
  }
  const jobs = { id: "jobs", match: { type: "log", entity: "app" }, session: { key: { pattern: "job_\\w+" } } };
  await putDetector(table, LogDetector.parse(jobs), undefined);
});
afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await Promise.all([dynamo.close(), s3.close(), events.close(), kinesis.stop()]);
});

const event = (entity: string, seconds: number) => ({
  ...metric(entity, seconds, { cpu: SECRETS.value }),
  tags: { owner: SECRETS.tag },
});
const kinesisEvent = (records: StreamRecord[]) => toKinesisEvent(STREAM, records);
/** Thirty events of two detectors, one of none, one late, one that is no event; in order. */
const batch = (): StreamRecord[] => [
  ...Array.from({ length: 30 }, (_, n) => record(n, event(ENTITIES[n % 3]!, 100 + n))),
  record(30, event("other", 1)),
  record(31, event("web-1", 1)),
  record(32, { ...event("web-1", 1), note: SECRETS.text }),
];
const runOne = async (entry: string, ...all: unknown[]) => {
  const lambda = await startLambda(entry, environment);
  const answers = [];
  for (const [n, one] of all.entries()) answers.push(await lambda.invoke(`${entry}-${n}`, one));
  const { output, lines } = await lambda.end();
  printed += output;
  return { answers, lines };
};
const inDimension = (line: LogLine, service: string) => {
  expect(line.service).toBe(service);
  const { Namespace, Dimensions, values } = metricsOf(line);
  expect([Namespace, Dimensions]).toEqual(["Tidewatch", [["service"]]]);
  return values;
};

test("the scorer prints one line per batch, whose counts add up, with the batch's place on the stream", async () => {
  const records = batch();
  const { answers, lines } = await runOne("score", kinesisEvent(records), kinesisEvent(records.slice(0, 10)));
  expect(answers.map(({ result }) => result)).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }]);
  expect(lines).toHaveLength(2);
  const values = inDimension(lines[0]!, "score");
  const parts = { Scored: 60, Unmatched: 1, Late: 2, Quarantined: 1, Skipped: 0 };
  expect(values).toEqual({ Received: 64, ...parts, Failed: 0, Anomalies: 0, UnusableModels: 0 });
  expect(lines[0]).toMatchObject({
    ...{ message: "scored a batch", function_request_id: "score-0", coldStart: true, records: 33, repeated: 0 },
    ...{ shardId: records[0]!.shardId, rows: { warmingUp: 60 }, seriesWritten: 6, conflicts: 0 },
    firstSequenceNumber: records[0]!.sequenceNumber,
    lastSequenceNumber: records.at(-1)!.sequenceNumber,
  });
  expect(lines[0]!.durationMs).toBeGreaterThanOrEqual(0);
  const again = inDimension(lines[1]!, "score");
  expect(again).toMatchObject({ Received: 20, Scored: 0, Skipped: 20, Failed: 0 });
  expect(lines[1]).toMatchObject({ coldStart: false, repeated: 20, function_request_id: "score-1" });
});

test("deliveries that fail are counted and kept, their reason stays out of the log; a model's does not", async () => {
  const key = headKey("host", "web-2");
  const [head] = await table.getMany([key]);
  const any = { kind: "any" } as const;
  await table.putMany([
    { item: { ...head!, bytes: head!.bytes!.slice(0, 20) }, condition: any },
    { item: { ...modelAliasKey("twice", "champion"), version: 1, doc: '{"champion":' }, condition: any },
  ]);
  const { lines } = await runOne(
    "score",
    kinesisEvent([record(40, event("web-2", 200)), record(41, event("web-3", 200))]),
  );
  expect(inDimension(lines[0]!, "score")).toMatchObject({ Received: 4, Scored: 3, Skipped: 1, Failed: 1 });
  const kept = await blobs.get(String(lines[0]!.failedKept));
  expect(new TextDecoder().decode(kept)).toContain("the head of SERIES#host#web-2 is corrupt");
  expect(lines[0]).toMatchObject({
    UnusableModels: 1,
    unusableModelsOf: [{ detector: "twice", reason: expect.any(String) }],
  });
  const gone = { ...modelAliasKey("twice", "champion"), version: 2, expiresAtMs: 1 };
  await table.putMany([head!, gone].map((item) => ({ item, condition: any })));
});

test("a batch that fails is told once with its code and next step, and thrown without a word of it", async () => {
  const lambda = await startLambda("score", { ...environment, TABLE_NAME: "no-such-table" });
  const { error } = await lambda.invoke("failing", kinesisEvent(batch()));
  const { output, lines } = await lambda.end();
  printed += output;
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    ...{ level: "ERROR", message: "score failed", service: "score", function_request_id: "failing" },
    ...{ code: "UNAVAILABLE", next: expect.any(String), reason: expect.stringContaining("no-such-table") },
  });
  expect(error).toMatchObject({ name: "UNAVAILABLE", message: expect.stringContaining("score failed: UNAVAILABLE") });
  expect(error!.stack).not.toContain("no-such-table");
});

/** Lines of two jobs and one of none, beside a metric event and what is no event; all far in the past. */
const lines = (): StreamRecord[] => {
  const line = (entity: string, text: string) => ({ ...logEvent(text), entity });
  const events = [line("app", `accepted ${SECRETS.job}`), line("app", `finished ${SECRETS.job}`), line("app", "job_2")];
  return [...events, line("other", SECRETS.text), event("web-1", 1), { type: "log", note: SECRETS.text }].map(
    (one, index) => record(100 + index, one),
  );
};

test("the log stage prints one line per batch, whose counts add up, and nothing of what a line says", async () => {
  const batches = [lines(), lines().slice(4, 5), lines().slice(1)].map(kinesisEvent);
  const { answers, lines: told } = await runOne("log", ...batches);
  expect(answers.map(({ result }) => result)).toEqual(batches.map(() => ({ batchItemFailures: [] })));
  // A batch of metrics alone is put aside without a word.
  expect(told).toHaveLength(2);
  const none = { Failed: 0, SessionsEnded: 0, AnomalousSessions: 0, UnusableModels: 0 };
  const counts = { Received: 5, Delivered: 3, Unmatched: 1, Quarantined: 1, NewTemplates: expect.any(Number) };
  expect(inDimension(told[0]!, "log")).toEqual({ ...counts, ...none });
  expect(told[0]).toMatchObject({
    ...{ message: "took in a batch of lines", records: 5, lines: 4, sessionsWritten: 2, conflicts: 0 },
    ...{ firstSequenceNumber: lines()[0]!.sequenceNumber, repeated: 0 },
  });
  // What comes again counts as nothing new.
  expect(inDimension(told[1]!, "log")).toMatchObject({ Received: 0, Delivered: 0, Unmatched: 0, Quarantined: 0 });
  expect(told[1]).toMatchObject({ records: 4, repeated: 4, sessionsWritten: 0 });
});

test("a line that fails is kept, and the sweep ends what is silent and tells how many", async () => {
  const key = sessionHeadKey("jobs", SECRETS.job);
  const [head] = await table.getMany([key]);
  await table.putMany([{ item: { ...head!, bytes: head!.bytes!.slice(0, 9) }, condition: { kind: "any" } }]);
  const damaged = record(200, { ...logEvent(`wrote ${SECRETS.job}`), entity: "app" });
  const { lines: told } = await runOne("log", kinesisEvent([damaged]));
  expect(inDimension(told[0]!, "log")).toMatchObject({ Received: 1, Delivered: 1, Failed: 1 });
  expect(new TextDecoder().decode(await blobs.get(String(told[0]!.failedKept)))).toContain("is corrupt");

  const swept = await runOne("log-sweep", { version: "0" }, {});
  expect(inDimension(swept.lines[0]!, "log-sweep")).toEqual({ SessionsEnded: 1 });
  expect(inDimension(swept.lines[1]!, "log-sweep")).toEqual({ SessionsEnded: 0 });
});

test("the archive's counts add up, repeats included", async () => {
  const { lines } = await runOne("archive", kinesisEvent(batch()), kinesisEvent(batch().slice(5)));
  expect(inDimension(lines[0]!, "archive")).toEqual({ Received: 33, Archived: 32, Quarantined: 1, Repeated: 0 });
  expect(inDimension(lines[1]!, "archive")).toEqual({ Received: 28, Archived: 0, Quarantined: 0, Repeated: 28 });
  expect(lines[0]).toMatchObject({ message: "archived a batch", shardId: record(0, "").shardId });
});

test("the trainer counts what it trained, and names it", async () => {
  const { lines } = await runOne("train", { version: "0" }, {});
  expect(inDimension(lines[0]!, "train")).toMatchObject({ Due: 2, Trained: 2, Failed: 0 });
  // Which one is the first depends on the time.
  const trained = lines[0]!.trained as { name: string; version: number }[];
  expect(trained.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toMatchObject([
    { name: "host", version: 1 },
    { name: "twice", version: 1 },
  ]);
  expect(inDimension(lines[1]!, "train")).toMatchObject({ Due: 0, Trained: 0, Failed: 0 });
});

test("a request's line leads to the batches that took its events, and to their results", async () => {
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const wanted = { name: "test", scopes: ["ingest" as const], ratePerMinute: 100 };
  const { key, token } = await createKey({ table, clock: Date.now, random }, wanted);
  SECRETS.bearer = token.slice(token.lastIndexOf("_") + 1);
  const sent = [event("web-1", 300), event("web-2", 300), { ...event("web-3", 300), note: SECRETS.text }];
  const { answers, lines } = await runOne("api", put(sent, token), put(sent, `${token}x`));
  expect(answers.map(({ result }) => (result as { statusCode: number }).statusCode)).toEqual([202, 401]);

  const [accepted, refused] = lines;
  expect(inDimension(accepted!, "api")).toEqual({
    ...{ Requests: 1, Succeeded: 1, ClientErrors: 0, ServerErrors: 0, EventsAccepted: 2, EventsRejected: 1 },
  });
  expect(inDimension(refused!, "api")).toMatchObject({ Requests: 1, ClientErrors: 1, EventsAccepted: 0 });
  expect(accepted).toMatchObject({ requestId: "from-outside", route: "/v1/events", status: 202, keyId: key.id });
  expect(refused).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });

  type Span = { shardId: string; firstSequenceNumber: string };
  const { stored } = accepted!.events as { stored: Span[] };
  expect(stored.length).toBeGreaterThan(0);
  const batches = stored.map(({ shardId }) => kinesis.reader.read(shardId, undefined, { records: 10, bytes: 1e6 }));
  const scored = await runOne("score", ...batches.map(kinesisEvent));
  for (const [index, { shardId, firstSequenceNumber }] of stored.entries()) {
    expect(scored.lines[index]).toMatchObject({ shardId, firstSequenceNumber });
    expect(inDimension(scored.lines[index]!, "score").Received).toBe(2 * batches[index]!.length);
  }
});

test("a request that fails is told with the reason, and its route without the names in its path", async () => {
  const lambda = await startLambda("api", { ...environment, TABLE_NAME: "no-such-table" });
  const rawQueryString = `entity=${SECRETS.text}`;
  await lambda.invoke("a", { ...put([], ""), rawPath: `/v1/detectors/${SECRETS.text}`, rawQueryString, ...asGet });
  await lambda.invoke("b", { ...put([], "tw_000000000000_x"), rawPath: "/healthz", ...asGet });
  const { output, lines } = await lambda.end();
  printed += output;
  const [asked, failed] = lines;
  expect(asked).toMatchObject({ status: 401, message: "request", route: "/v1/detectors/:id" });
  expect(failed).toMatchObject({
    level: "error",
    ServerErrors: 1,
    failure: { code: "UNAVAILABLE", next: expect.any(String) },
  });
});

test("no value, tag, text or key of any of these events and requests was printed", () => {
  expect(printed.length).toBeGreaterThan(5000);
  const asKinesisHasIt = Buffer.from('{"type":"metric"').toString("base64").slice(0, 20);
  expect(kinesisEvent(batch()).Records[0]!.kinesis.data).toContain(asKinesisHasIt);
  for (const secret of [...Object.values(SECRETS).map(String), "secret-of-aws", ...ENTITIES, asKinesisHasIt]) {
    expect(printed, secret).not.toContain(secret);
  }
});

const asGet = { requestContext: { http: { method: "GET" }, domainName: "test" } };
const put = (body: unknown, token: string) => ({
  ...{ version: "2.0", routeKey: "$default", rawPath: "/v1/events", rawQueryString: "", isBase64Encoded: false },
  headers: { "content-type": "application/json", authorization: `Bearer ${token}`, "x-request-id": "from-outside" },
  requestContext: { http: { method: "POST", path: "/v1/events" }, domainName: "test", requestId: "gateway" },
  body: JSON.stringify(body),
});

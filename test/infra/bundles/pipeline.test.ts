import { randomBytes } from "node:crypto";
import { createKey } from "@tidewatch/core/access/store";
import type { Item, StreamRecord } from "@tidewatch/core/store/ports";
import { EVENT_SOURCE_MAPPINGS } from "@tidewatch/functions/event-source-mappings";
import { recordFilter } from "@tidewatch/local/consumer/filter";
import { toKinesisEvent } from "@tidewatch/local/consumer/invocation";
import type { KinesisStreamBatchResponse } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { permissionsOf } from "../permissions.ts";
import { deploymentOf } from "../stages.ts";
import { apiGatewayEvent, type HttpAnswer, type HttpRequest, scheduleEvent } from "./aws-events.ts";
import { type Cloud, openCloud } from "./cloud.ts";
import { type Embedded, openEmbedded } from "./embedded.ts";
import type { Lambda } from "./lambda.ts";
import {
  BACKTEST,
  CHANGED_DETECTOR,
  DAMAGED_HEAD,
  DAMAGED_SESSION,
  DETECTOR,
  LOG_DETECTOR,
  laterEvents,
  laterLines,
  NOW_MS,
  normalEvents,
  normalLines,
  ODD_JOB,
  ODD_NAMED_ENTITY,
  ODD_ROWS,
  oddEvents,
  oddLines,
  poison,
  SWEEP_MS,
} from "./story.ts";

// The deployed bundles go through a story: detectors are put, events and log lines come in, models are trained by the schedule,
// more come in and some are anomalies, sessions fall silent; then a detector is changed, and trained anew. The handlers of the local pipeline
// get the same requests and records.

let cloud: Cloud;
let embedded: Embedded;
let api: Lambda | undefined;
let localApi: ReturnType<Embedded["newApi"]>;
let token: string;
/** What Node and the runtime take before they load a bundle. */
let bareStartMs = 0;
type Told = { method: string; path: string; status: number; body: string };
const answers: { cloud: Told; embedded: Told }[] = [];

const ask = async (request: HttpRequest): Promise<HttpAnswer> => api!.invoke(apiGatewayEvent(request));
/** The same request to both; the answers are kept to be compared. */
const askBoth = async ({ method, path, body }: HttpRequest): Promise<void> => {
  const { statusCode, body: text } = await ask({ method, path, token, ...(body !== undefined && { body }) });
  const headers = { "content-type": "application/json" };
  const response = await localApi.request(path, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers }),
  });
  answers.push({
    cloud: { method, path, status: statusCode, body: text },
    embedded: { method, path, status: response.status, body: await response.text() },
  });
};

let consumed: string | undefined;
/** What is on the stream and has not been given to the consumers yet. */
const nextRecords = (): StreamRecord[] => {
  const [shardId = ""] = cloud.reader.shardIds();
  const records = cloud.reader.read(shardId, consumed, { records: 10_000, bytes: 6 * 1024 * 1024 });
  consumed = records.at(-1)?.sequenceNumber ?? consumed;
  return records;
};

/** Hands the next records to both pipelines, filtered as each event-source mapping says, in fresh sandboxes. */
const consume = async (): Promise<void> => {
  const records = nextRecords();
  const filtered = (consumer: "score" | "log") => {
    const accepts = recordFilter(EVENT_SOURCE_MAPPINGS[consumer].filterCriteria);
    return records.filter(({ data }) => accepts(data));
  };
  const batches = { Archive: records, Score: filtered("score"), Log: filtered("log") };
  const delivered = Object.entries(batches).filter(([, { length }]) => length > 0);
  for (const [name, batch] of delivered) {
    const sandbox = await cloud.start(name);
    const event = toKinesisEvent(cloud.streamName, batch);
    const startMs = performance.now();
    expect(await sandbox.invoke<KinesisStreamBatchResponse>(event), sandbox.log()).toEqual({ batchItemFailures: [] });
    tell(name, sandbox, performance.now() - startMs, `${batch.length} records`);
    await sandbox.stop();
  }
  await embedded.archive(toKinesisEvent(cloud.streamName, batches.Archive));
  if (batches.Score.length > 0) await embedded.score(toKinesisEvent(cloud.streamName, batches.Score));
  if (batches.Log.length > 0) await embedded.log(toKinesisEvent(cloud.streamName, batches.Log));
};

/** Printed, not asserted: machines differ. A first call loads what is loaded late: detectors, models, connections. */
const tell = (name: string, sandbox: Lambda, firstMs: number, what: string): void => {
  const [load, first] = [(sandbox.startMs() ?? 0) - bareStartMs, firstMs].map((ms) => `${ms.toFixed(0)} ms`);
  process.stdout.write(
    `  ${name.padEnd(8)} bundle loaded in ${load?.padStart(6)}, first call ${first?.padStart(6)} (${what})\n`,
  );
};

/** The schedule's call. */
const train = async (): Promise<void> => {
  const sandbox = await cloud.start("Train");
  const startMs = performance.now();
  await sandbox.invoke(scheduleEvent(deploymentOf("dev"), "TrainWhenDue"));
  tell("Train", sandbox, performance.now() - startMs, "one model");
  await sandbox.stop();
  await embedded.train();
};

/** The schedule's call, long after the last line. */
const sweep = async (): Promise<void> => {
  const sandbox = await cloud.start("LogSweep", {}, SWEEP_MS);
  const startMs = performance.now();
  await sandbox.invoke(scheduleEvent(deploymentOf("dev"), "EndSilentSessions"));
  tell("LogSweep", sandbox, performance.now() - startMs, "one session");
  await sandbox.stop();
  await embedded.sweep(SWEEP_MS);
};

/** What has been read is remembered for a while: a new API reads anew. */
const renewApi = async (): Promise<void> => {
  await api?.stop();
  api = await cloud.start("Api");
  localApi = embedded.newApi();
};

/** As Lambda leaves a batch that a mapping gave up; the event comes once more, with the later ones. */
const GIVEN_UP_KEY = "aws/lambda/6d9b/shardId-000000000000/2026/11/20/2026-11-20T10.00.00-0a1b";
const givenUp = (): Uint8Array => {
  const [{ partitionKey, data } = { partitionKey: "", data: new Uint8Array() }] = poison;
  const record = { shardId: "shardId-000000000000", sequenceNumber: "1", partitionKey, data, arrivalMs: NOW_MS };
  const payload = JSON.stringify(toKinesisEvent(cloud.streamName, [record]));
  return new TextEncoder().encode(JSON.stringify({ version: "1.0", KinesisBatchInfo: { batchSize: 1 }, payload }));
};

const READS = [
  `/v1/detectors/${DETECTOR.id}`,
  `/v1/series?detector=${DETECTOR.id}`,
  `/v1/points?${new URLSearchParams({ detector: DETECTOR.id, entity: ODD_NAMED_ENTITY })}`,
  `/v1/anomalies?detector=${DETECTOR.id}`,
  `/v1/sessions?detector=${LOG_DETECTOR.id}`,
  `/v1/sessions/job_31?detector=${LOG_DETECTOR.id}`,
  `/v1/templates?detector=${LOG_DETECTOR.id}`,
  "/v1/status",
];

beforeAll(async () => {
  [cloud, embedded] = await Promise.all([openCloud(deploymentOf("dev"), NOW_MS), openEmbedded(NOW_MS)]);
  const key = { name: "test", scopes: ["admin" as const], ratePerMinute: 6000 };
  ({ token } = await createKey({ table: cloud.table, clock: () => NOW_MS, random: (size) => randomBytes(size) }, key));

  bareStartMs = await cloud.bareStartMs();
  await renewApi();
  await askBoth({ method: "PUT", path: `/v1/detectors/${DETECTOR.id}`, body: DETECTOR });
  await askBoth({ method: "PUT", path: "/v1/detectors/short-lived", body: { ...DETECTOR, id: "short-lived" } });
  await askBoth({ method: "DELETE", path: "/v1/detectors/short-lived" });
  await askBoth({ method: "PUT", path: `/v1/detectors/${LOG_DETECTOR.id}`, body: LOG_DETECTOR });
  const damaged = [DAMAGED_HEAD, DAMAGED_SESSION].map((item) => ({ item, condition: { kind: "any" } as const }));
  for (const { table } of [cloud, embedded]) await table.putMany(damaged);
  await askBoth({ method: "POST", path: "/v1/events", body: normalLines });
  await consume();
  await askBoth({ method: "POST", path: "/v1/events", body: [...normalEvents, ...laterLines] });
  await cloud.stream.putMany(poison);
  await consume();
  await train();

  await askBoth({ method: "POST", path: "/v1/events", body: [...oddEvents, ...oddLines] });
  await consume();
  await sweep();
  for (const { blobs } of [cloud, embedded]) await blobs.put(GIVEN_UP_KEY, givenUp());
  await askBoth({ method: "POST", path: "/v1/failed/redrive" });
  await renewApi();
  for (const path of READS) await askBoth({ method: "GET", path });

  await askBoth({ method: "POST", path: `/v1/detectors/${DETECTOR.id}/backtest`, body: BACKTEST });
  await askBoth({ method: "POST", path: `/v1/detectors/${DETECTOR.id}/train` });
  await askBoth({ method: "PUT", path: `/v1/detectors/${DETECTOR.id}`, body: CHANGED_DETECTOR });
  await askBoth({ method: "POST", path: "/v1/events", body: laterEvents });
  await consume();
  await train();
  await renewApi();
  for (const path of READS) await askBoth({ method: "GET", path });
});

afterAll(async () => {
  await cloud?.close();
  await embedded?.close();
});

/** Those of the others are in learning.test.ts. */
const STORY_ROLES = ["ApiRole", "ArchiveRole", "LogRole", "LogSweepRole", "ScoreRole", "TrainRole"];

const LAMBDA_ITSELF = "Lambda does it in the function's name";
/** Actions that functions are allowed and do not use here, each with what it is for. */
const NOT_IN_THE_STORY: Record<string, string> = {
  "kinesis:DescribeStream": LAMBDA_ITSELF,
  "kinesis:DescribeStreamSummary": LAMBDA_ITSELF,
  "kinesis:GetRecords": LAMBDA_ITSELF,
  "kinesis:GetShardIterator": LAMBDA_ITSELF,
  "kinesis:ListShards": LAMBDA_ITSELF,
  "logs:CreateLogStream": LAMBDA_ITSELF,
  "logs:PutLogEvents": LAMBDA_ITSELF,
  "dynamodb:GetItem": "was a conditional put applied whose answer got lost?",
  "s3:ListBucket": "S3 says that a key is missing only to who may list the bucket",
  "s3:AbortMultipartUpload": "gives up a large object that could not be written whole",
};

/** Keys are asked for on AWS only. */
const isOfKeys = ({ pk }: Item) => pk.startsWith("API-KEY");
/** Absent on both, but a file keeps some until they are swept. */
const isExpired = ({ expiresAtMs = NOW_MS + 1 }: Item) => expiresAtMs <= NOW_MS;
const byKey = (items: readonly Item[]) =>
  Object.fromEntries(
    items
      .filter((item) => !isOfKeys(item) && !isExpired(item))
      .map(({ pk, sk, bytes, ...rest }) => [
        `${pk} / ${sk}`,
        { ...rest, ...(bytes && { bytes: Buffer.from(bytes).toString("base64") }) },
      ]),
  );

describe("the deployed bundles, with the permissions of their roles", () => {
  it("leave the same items as the local pipeline, byte for byte", async () => {
    const [ours, theirs] = [byKey(await cloud.items()), byKey(embedded.items())];
    expect(Object.keys(ours).toSorted()).toEqual(Object.keys(theirs).toSorted());
    expect(ours).toEqual(theirs);
    const kinds = new Set(Object.keys(ours).map((key) => key.split(/[# ]/)[0]));
    expect([...kinds]).toEqual(
      expect.arrayContaining(["ANOMALY", "COUNTS", "DETECTOR", "MODEL", "SERIES", "SERIES-OF"]),
    );
    expect([...kinds]).toEqual(expect.arrayContaining(["ANOMALOUS-SESSIONS", "ENDED-SESSIONS", "SESSION", "TEMPLATE"]));
  });

  it("leave the same objects as the local pipeline, byte for byte", async () => {
    const keys = await cloud.blobs.list("");
    expect(keys).toEqual(await embedded.blobs.list(""));
    const folders = new Set(keys.map((key) => key.split("/")[0]));
    expect([...folders].toSorted()).toEqual(["aws", "events", "failed", "models", "quarantine"]);
    const redriven = answers.find(({ cloud: { path } }) => path === "/v1/failed/redrive");
    expect(JSON.parse(String(redriven?.cloud.body))).toMatchObject({ objects: 3, records: 3, unreadable: [] });

    for (const key of keys) {
      const [ours, theirs] = await Promise.all([cloud.blobs.get(key), embedded.blobs.get(key)]);
      expect(Buffer.compare(ours!, theirs!), key).toBe(0);
    }
  });

  it("find the anomalies, and answer as the local API does", () => {
    expect(answers.filter(({ cloud: { status } }) => status >= 400)).toEqual([]);
    expect(answers.map(({ cloud: answer }) => answer)).toEqual(answers.map(({ embedded: answer }) => answer));
    const [anomalies] = answers.filter(({ cloud: { path } }) => path.startsWith("/v1/anomalies"));
    expect(anomalies?.cloud.body.match(/"grade"/g)).toHaveLength(ODD_ROWS);
    const bodyOf = (path: string) => answers.find(({ cloud: answer }) => answer.path.startsWith(path))?.cloud.body;
    expect(JSON.parse(String(bodyOf("/v1/sessions?"))).items).toMatchObject([{ key: ODD_JOB, isAnomalous: true }]);
    const silent = { state: "idle", verdict: { isAnomalous: false } };
    expect(JSON.parse(String(bodyOf("/v1/sessions/job_31")))).toMatchObject(silent);
  });

  it("are refused nothing by IAM", () => {
    expect(cloud.denied).toEqual([]);
  });

  it("announce each new model, and each order, on the bus", async () => {
    const [ordered] = cloud.published.filter(({ DetailType }) => DetailType === "job.ordered");
    expect(ordered).toBeDefined();
    const announced = cloud.published
      .filter((event) => event !== ordered)
      .map(({ DetailType, Detail }) => ({
        type: DetailType,
        ...(JSON.parse(String(Detail)) as { data: unknown; metadata: { id: string } }),
      }));
    expect(announced).toMatchObject(
      embedded.published.map(({ id, type, detail }) => ({ type, data: detail, metadata: { id } })),
    );
    const manifests = (await cloud.blobs.list("models/")).filter((key) => key.endsWith("/manifest.json"));
    expect(announced).toHaveLength(manifests.length);
  });

  it("use every permission that they have", () => {
    const used = new Set(cloud.used.map(({ function: name, action }) => `${name}Role ${action}`));
    const unused = permissionsOf(deploymentOf("dev"))
      .filter(
        ({ role, action }) => STORY_ROLES.includes(role) && !NOT_IN_THE_STORY[action] && !used.has(`${role} ${action}`),
      )
      .map(({ role, action }) => `${role} ${action}`);
    expect([...new Set(unused)]).toEqual([]);
  });

  it("ask for a key, and serve what is public without one", async () => {
    const statusOf = async (request: HttpRequest) => (await ask(request)).statusCode;
    expect(await statusOf({ method: "GET", path: "/v1/detectors" })).toBe(401);
    expect(await statusOf({ method: "GET", path: "/v1/detectors", token: "tw_wrong" })).toBe(401);
    expect(await statusOf({ method: "GET", path: "/healthz" })).toBe(200);
    expect(await statusOf({ method: "GET", path: "/openapi.json" })).toBe(200);
    expect(await statusOf({ method: "GET", path: "/docs" })).toBe(200);
  });
});

import { promote } from "@tidewatch/core/register/models";
import { scorerCache } from "@tidewatch/core/register/scorer-cache";
import { dynamoTable } from "@tidewatch/functions/aws/dynamo-table";
import { s3Blobs } from "@tidewatch/functions/aws/s3-blobs";
import { scoreHandler } from "@tidewatch/functions/score-handler";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lambdaEvent } from "../../bench/lambda-event.ts";
import { IMPATIENT, ONE_TRY } from "../support/aws/impatient.ts";
import { jsonFailure, type Loopback, type Reply, serve, xmlFailure } from "../support/aws/loopback.ts";
import { clientsOf, emulatorEnvironment } from "../support/aws/resources.ts";
import { memoryBlobs } from "../support/memory-blobs.ts";
import { memoryTable } from "../support/memory-table.ts";
import { detector, metric, T0 } from "../support/scoring.ts";

const clock = () => T0;
const host = detector({});
const event = { partitionKey: "a", data: Buffer.from(JSON.stringify(metric("a", 0, { cpu: 1, memory: 1 }))) };
const ONE_RECORD = lambdaEvent([event], 0, T0);

let service: Loopback;
let answer: Reply;
beforeEach(async () => {
  service = await serve(async () => answer);
});
afterEach(() => service.close());

/** A scorer whose table or models are behind a service that answers the same to everything. */
const scorerOver = async (refusing: "table" | "models") => {
  const clients = clientsOf(emulatorEnvironment({ AWS_ENDPOINT_URL: service.url, ...ONE_TRY }));
  const inMemory = memoryTable(clock);
  await promote({ table: inMemory, blobs: memoryBlobs() }, host.id, 1, T0, { by: "test", reason: "test" });
  const table =
    refusing === "table"
      ? dynamoTable({ client: clients.dynamoDb, tableName: "t", clock, backoff: IMPATIENT })
      : inMemory;
  const blobs = s3Blobs({ client: clients.s3, bucket: "b" });
  const kept: unknown[] = [];
  const runtime = { load: () => Promise.reject(new Error("there is no model")) };
  const score = scoreHandler({
    table,
    detectors: async () => [host],
    scorerOf: scorerCache({ table, blobs, runtime, clock }, { maxAgeMs: 0 }),
    onFailed: async (failed) => void kept.push(...failed),
    onReport: () => {},
  });
  return { score, kept };
};

test.each([
  ["AccessDeniedException", 400],
  ["UnrecognizedClientException", 400],
  ["ResourceNotFoundException", 400],
  ["ValidationException", 400],
  ["SomethingNewException", 418],
])("a table that answers %s costs no record: the batch waits for whoever puts it right", async (name, status) => {
  answer = jsonFailure(name, status);
  const { score, kept } = await scorerOver("table");
  await expect(score(ONE_RECORD)).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining("t") });
  expect(kept).toEqual([]);
});

test.each([
  ["AccessDenied", 403],
  ["NoSuchBucket", 404],
  ["InvalidObjectState", 403],
])("models behind a bucket that answers %s cost no record either", async (code, status) => {
  answer = xmlFailure(code, status);
  const { score, kept } = await scorerOver("models");
  await expect(score(ONE_RECORD)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(kept).toEqual([]);
});

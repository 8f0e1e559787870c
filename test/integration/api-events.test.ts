import { gzipSync } from "node:zlib";
import { AppError } from "@tidewatch/core/errors";
import { putFailure } from "@tidewatch/core/store/put-failure";
import { MAX_BODY_BYTES } from "@tidewatch/functions/api/http/body";
import { IngestResult } from "@tidewatch/functions/api/schemas/events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bodyOf, json, metricEvent, NOW_MS, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
beforeEach(() => {
  api = startApi();
});
afterEach(() => api.stop());

const put = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
  api.app.request("/v1/events", { method: "POST", body, headers });
const asJson = { "content-type": "application/json" };
const asNdjson = { "content-type": "application/x-ndjson" };
const event = (entity: string, cpu: unknown = 1) => metricEvent(entity, NOW_MS, { cpu });
const stored = () => api.records().map(({ data }) => new TextDecoder().decode(data));

const BAD = "bad";
const linesWithBad = (count: number) =>
  Array.from({ length: count }, (_, index) => (index === 100 ? BAD : JSON.stringify(event("a", index))));

let recover = () => {};
/** The stream takes every other entry of a put and then fails. */
const takeEven = () => {
  const { putMany } = api.ports.stream;
  recover = () => void Object.assign(api.ports.stream, { putMany });
  api.ports.stream.putMany = async (entries) => {
    const receipts = await putMany(entries.filter((_, place) => place % 2 === 0));
    const partial = entries.map((_, place) => (place % 2 === 0 ? receipts[place / 2] : undefined));
    throw putFailure(new AppError("UNAVAILABLE", "throttled"), partial);
  };
};

describe("POST /v1/events", () => {
  test("stores a single object, an array and lines as the bytes they came in", async () => {
    const spaced = `{ "type":"metric", "entity":"a", "timestamp":${NOW_MS}, "values":{"cpu":1.0} }`;
    for (const [body, headers] of [
      [spaced, asJson],
      [`[${spaced} , ${spaced}]`, asJson],
      [`${spaced}\r\n\n${spaced}`, asNdjson],
    ] as const) {
      const response = await put(body, headers);
      expect(response.status).toBe(202);
    }
    expect(stored()).toEqual([spaced, spaced, spaced, spaced, spaced]);
    expect(new Set(api.records().map(({ partitionKey }) => partitionKey))).toEqual(new Set(["a"]));
  });

  test("accepts the good events among bad ones, and says which are bad and why", async () => {
    const events = [event("a"), event("b", "high"), { ...event("c"), color: 1 }, 7, event("d")];
    const response = await put(JSON.stringify(events), asJson);
    const { accepted, rejected } = await bodyOf(response, IngestResult);
    expect(accepted).toBe(2);
    expect(rejected.map(({ index }) => index)).toEqual([1, 2, 3]);
    expect(rejected[0]!.reason).toContain("values.cpu");
    expect(rejected[1]!.reason).toContain("color");
    expect(stored().map((text) => JSON.parse(text).entity)).toEqual(expect.arrayContaining(["a", "d"]));
  });

  test("keeps the order of a series", async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => JSON.stringify(event("a", index)));
    const response = await put(lines.join("\n"), asNdjson);
    expect(await bodyOf(response, IngestResult)).toEqual({ accepted: 3000, rejected: [] });
    expect(stored()).toEqual(lines);
  });

  test("takes gzip", async () => {
    const body = new Uint8Array(gzipSync(JSON.stringify([event("a"), event("b")])));
    const response = await put(body, { ...asJson, "content-encoding": "gzip" });
    expect((await bodyOf(response, IngestResult)).accepted).toBe(2);
  });

  test("an empty array and an empty body are no events", async () => {
    expect(await bodyOf(await put("[ ]", asJson), IngestResult)).toEqual({ accepted: 0, rejected: [] });
    expect(await bodyOf(await put("", asNdjson), IngestResult)).toEqual({ accepted: 0, rejected: [] });
  });

  test.each(["[", '["', "[1,]", "[,1]", "[1 2]]", "[{}]]", '[{"a":1}', "[}", "[1],[2]", '["\\"]'])(
    "refuses the broken array %s as a whole",
    async (body) => {
      const problem = await problemOf(await put(body, asJson));
      expect(problem).toMatchObject({ status: 400, code: "MALFORMED" });
      expect(api.records()).toEqual([]);
    },
  );

  test("finds the elements whatever their strings hold", async () => {
    const nasty = ['"', "\\", '\\"', "[{", "}],", "é\u{1f600}"].map((entity) => event(entity));
    const response = await put(JSON.stringify(nasty, null, 2), asJson);
    expect(await bodyOf(response, IngestResult)).toEqual({ accepted: nasty.length, rejected: [] });
    expect(new Set(stored().map((text) => JSON.parse(text).entity))).toEqual(new Set(nasty.map((e) => e.entity)));
  });

  test("refuses more than 10 MB, declared or not, and inflated too, without keeping any", async () => {
    const large = " ".repeat(MAX_BODY_BYTES + 1);
    const declared = await put(large, { ...asJson, "content-length": String(large.length) });
    const counted = await put(large, asJson);
    const bomb = new Uint8Array(gzipSync(new Uint8Array(200 * 1024 * 1024), { level: 1 }));
    const inflated = await put(bomb, { ...asJson, "content-encoding": "gzip" });
    for (const response of [declared, counted, inflated]) {
      expect(await problemOf(response)).toMatchObject({ status: 413, code: "TOO_LARGE" });
    }
  });

  test("refuses more than 100,000 events", async () => {
    const problem = await problemOf(await put("1\n".repeat(100_001), asNdjson));
    expect(problem).toMatchObject({ status: 413, code: "TOO_LARGE" });
  });

  test("refuses broken gzip, unknown encodings and other content types with what to send instead", async () => {
    expect(await problemOf(await put("[]", { ...asJson, "content-encoding": "gzip" }))).toMatchObject({ status: 400 });
    expect(await problemOf(await put("[]", { ...asJson, "content-encoding": "br" }))).toMatchObject({ status: 415 });
    const form = await problemOf(await put("[]", { "content-type": "application/x-www-form-urlencoded" }));
    expect(form).toMatchObject({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
    expect(form.detail).toContain("application/json or application/x-ndjson or text/plain");
  });

  test.each(["text/plain", "application/x-ndjson", "application/json"])(
    "says what to set where gzip comes as %s without a word of it",
    async (type) => {
      const body = new Uint8Array(gzipSync(`${JSON.stringify(event("a"))}\n`));
      const response = await api.app.request(`/v1/events${type === "text/plain" ? "?entity=a" : ""}`, {
        ...{ method: "POST", body, headers: { "content-type": type } },
      });
      expect(await problemOf(response)).toMatchObject({
        ...{ status: 400, code: "MALFORMED", detail: "The body is gzip: set Content-Encoding: gzip." },
      });
      expect(api.records()).toEqual([]);
    },
  );

  test("says from where to send again when the stream fails half-way", async () => {
    const { putMany } = api.ports.stream;
    let calls = 0;
    api.ports.stream.putMany = (entries) => (++calls === 2 ? Promise.reject(new Error("disk full")) : putMany(entries));
    const lines = Array.from({ length: 2500 }, (_, index) => JSON.stringify(event("a", index)));
    const problem = await problemOf(await put(lines.join("\n"), asNdjson));
    expect(problem).toMatchObject({ status: 503, code: "UNAVAILABLE" });
    expect(stored()).toEqual(lines.slice(0, problem.resumeFrom));
    expect(problem).toMatchObject({ accepted: 500, rejected: [], notStored: [], resumeFrom: 500 });
    const failure = expect.objectContaining({ stack: expect.stringContaining("disk full") });
    expect(api.logs.at(-1)).toMatchObject({ level: "error", status: 503, failure, events: { accepted: 500 } });
  });

  test("of a put that is taken in part it says which events to send again, and they make each event once", async () => {
    takeEven();
    const lines = linesWithBad(1000);
    const problem = await problemOf(await put(lines.join("\n"), asNdjson));
    expect(problem).toMatchObject({ status: 503, accepted: 250, resumeFrom: 500 });
    expect(problem.rejected!.map(({ index }) => index)).toEqual([100]);
    const valid = lines.flatMap((line, index) => (line === BAD || index >= 500 ? [] : [index]));
    expect(problem.notStored).toEqual(valid.filter((_, place) => place % 2 === 1));
    expect(api.logs.at(-1)).toMatchObject({ events: { accepted: 250, rejected: 1 } });
    recover();
    const rest = [...problem.notStored!.map((index) => lines[index]!), ...lines.slice(problem.resumeFrom)];
    expect(await bodyOf(await put(rest.join("\n"), asNdjson), IngestResult)).toEqual({ accepted: 749, rejected: [] });
    expect(stored().sort()).toEqual(lines.filter((line) => line !== BAD).sort());
  });

  test("other requests get their turn while a large body is taken", async () => {
    const lines = Array.from({ length: 60_000 }, (_, index) => JSON.stringify(event(`e${index}`)));
    const order: string[] = [];
    const ingest = put(lines.join("\n"), asNdjson).then(() => order.push("ingest"));
    await new Promise(setImmediate);
    const probe = Promise.resolve(api.app.request("/healthz")).then(() => order.push("probe"));
    await Promise.all([ingest, probe]);
    expect(order).toEqual(["probe", "ingest"]);
  });
});

describe("Idempotency-Key", () => {
  const body = () => json([event("a")], { "idempotency-key": "k1" });
  const send = (init: ReturnType<typeof json>) => api.app.request("/v1/events", { method: "POST", ...init });

  test("the same request again gives the first answer and stores nothing", async () => {
    const first = await send(body());
    const second = await send(body());
    expect(second.status).toBe(202);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(await second.json()).toEqual(await first.json());
    expect(api.records()).toHaveLength(1);
  });

  test("another request with the key is refused", async () => {
    await send(body());
    const problem = await problemOf(await send(json([event("b")], { "idempotency-key": "k1" })));
    expect(problem).toMatchObject({ status: 422, code: "IDEMPOTENCY_KEY_REUSED" });
    expect(api.records()).toHaveLength(1);
  });

  test("the key is free again after a day", async () => {
    await send(body());
    api.clock.nowMs += 24 * 3600 * 1000;
    const later = await send(body());
    expect(later.headers.get("idempotency-replayed")).toBeNull();
    expect(api.records()).toHaveLength(2);
  });

  test("of two at the same time one waits its turn", async () => {
    const responses = await Promise.all([send(body()), send(body())]);
    expect(responses.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect(api.records()).toHaveLength(1);
  });

  test("a retry under the key of what was stored in part stores the rest, each event once", async () => {
    const lines = linesWithBad(1200);
    const sendLines = () => put(lines.join("\n"), { ...asNdjson, "idempotency-key": "k1" });
    takeEven();
    // The second try takes half of what the first one left, and so on.
    for (let tries = 0; tries < 2; tries++) expect((await sendLines()).status).toBe(503);
    recover();
    const answers = await Promise.all([sendLines(), sendLines()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    const done = await bodyOf(answers.find(({ status }) => status === 202)!, IngestResult);
    expect(done).toEqual({ accepted: 1199, rejected: [{ index: 100, reason: expect.any(String) }] });
    const counted = api.logs.map((entry) => (entry.events ?? {}) as { accepted?: number; rejected?: number });
    const sumOf = (name: "accepted" | "rejected") => counted.reduce((sum, events) => sum + (events[name] ?? 0), 0);
    expect([sumOf("accepted"), sumOf("rejected")]).toEqual([1199, 1]);
    expect(stored().sort()).toEqual(lines.filter((line) => line !== BAD).sort());
    const again = await sendLines();
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await again.json()).toEqual(done);
    expect((await problemOf(await put("{}", { ...asNdjson, "idempotency-key": "k1" }))).status).toBe(422);
  });

  test("an answer that cannot be kept is given all the same: its events are stored", async () => {
    const { putMany } = api.ports.table;
    let calls = 0;
    api.ports.table.putMany = (puts) => (++calls === 2 ? Promise.reject(new Error("away")) : putMany(puts));
    expect((await send(body())).status).toBe(202);
    expect(api.logs).toContainEqual(
      expect.objectContaining({ level: "warn", message: expect.stringMatching(/not kept/) }),
    );
  });

  test("a failure of the server frees the key", async () => {
    const { putMany } = api.ports.stream;
    api.ports.stream.putMany = () => Promise.reject(new Error("away"));
    expect((await send(body())).status).toBe(503);
    api.ports.stream.putMany = putMany;
    expect((await send(body())).status).toBe(202);
  });

  test("a key that cannot be one is refused", async () => {
    const problem = await problemOf(await send(json([event("a")], { "idempotency-key": "a b" })));
    expect(problem.errors).toEqual([expect.objectContaining({ path: "header.idempotency-key" })]);
  });
});

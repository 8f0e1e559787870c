import { gzipSync } from "node:zlib";
import { decodeEvent } from "@tidewatch/core/ingest/decode";
import type { LogEvent } from "@tidewatch/core/ingest/event";
import { IngestResult } from "@tidewatch/functions/api/schemas/events";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bodyOf, NOW_MS, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
beforeEach(() => {
  api = startApi();
});
afterEach(() => api.stop());

const put = async (body: string | Uint8Array<ArrayBuffer>, query = "?entity=web", headers: object = {}) =>
  api.app.request(`/v1/events${query}`, {
    method: "POST",
    body,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });
const stored = () =>
  api.records().map(({ data, partitionKey }) => {
    const decoded = decodeEvent(data);
    if (!decoded.ok) throw new Error(decoded.reason);
    return { ...(decoded.event as LogEvent), partitionKey };
  });
const messages = () => stored().map(({ message }) => message);

const AT = "2026-11-20 10:00:00,123";
const AT_MS = Date.UTC(2026, 10, 20, 10, 0, 0, 123);
const TRACE = [
  `${AT} ERROR web.Server: request failed`,
  "java.io.IOException: connection reset",
  "",
  "\tat web.Server.handle(Server.java:42)",
].join("\n");

describe("POST /v1/events of plain lines", () => {
  test("each line with a header is an event with its time, and a stack trace belongs to the line before", async () => {
    const response = await put(`${TRACE}\r\n\r\n2026-11-20 10:00:01,000 INFO web.Server: up again\n`);
    expect(response.status).toBe(202);
    expect(await bodyOf(response, IngestResult)).toEqual({ accepted: 2, rejected: [], lines: 4 });
    expect(stored()).toEqual([
      { type: "log", entity: "web", timestamp: AT_MS, message: TRACE, partitionKey: "web" },
      expect.objectContaining({ timestamp: AT_MS + 877, message: "2026-11-20 10:00:01,000 INFO web.Server: up again" }),
    ]);
  });

  test("times are of the zone that is named, and of the arrival where a line has none", async () => {
    for (const zone of ["%2B02:00", "+02:00"]) await put(`${AT} INFO a.B: x`, `?entity=web&zone=${zone}`);
    await put("no time here");
    await put("no time there", "?entity=web&session=job-1");
    const [inSession, others] = [stored().filter((line) => line.session), stored().filter((line) => !line.session)];
    expect(inSession).toMatchObject([{ session: "job-1", partitionKey: "job-1", entity: "web", timestamp: NOW_MS }]);
    expect(others.map(({ timestamp }) => timestamp)).toEqual([AT_MS - 7_200_000, AT_MS - 7_200_000, NOW_MS]);
  });

  test("what cannot be kept is refused with its place, line and reason; the others are accepted", async () => {
    const lines = ["one", "x".repeat(32_769), "", "é", "\u00ff", "two"].map((text) => Buffer.from(text, "utf8"));
    lines[4] = Buffer.from([0xff]);
    const body = Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")]));
    const response = await put(new Uint8Array(body));
    expect(await bodyOf(response, IngestResult)).toEqual({
      accepted: 3,
      rejected: [
        { index: 1, reason: "message must be at most 32 KB of UTF-8 (line 2)" },
        { index: 3, reason: "not UTF-8 (line 5)" },
      ],
      lines: 5,
    });
    expect(messages()).toEqual(["one", "é", "two"]);
  });

  test("an event that gets too long goes on as the next one: none of its lines is lost", async () => {
    const trace = Array.from({ length: 600 }, (_, line) => `\tat a.B.c${line}(${"x".repeat(100)})`);
    await put([`${AT} ERROR a.B: x`, ...trace].join("\n"));
    expect(messages().join("\n").split("\n")).toEqual([`${AT} ERROR a.B: x`, ...trace]);
    expect(stored().length).toBeGreaterThan(1);
    expect(new Set(stored().map(({ timestamp }) => timestamp))).toEqual(new Set([AT_MS]));
  });

  test("takes gzip, an empty body and blank lines", async () => {
    const zipped = new Uint8Array(gzipSync("a\nb\n"));
    expect(await (await put(zipped, "?entity=web", { "content-encoding": "gzip" })).json()).toMatchObject({
      ...{ accepted: 2, lines: 2 },
    });
    expect(await (await put("")).json()).toEqual({ accepted: 0, rejected: [], lines: 0 });
    expect(await (await put(" \n\t\r\n\n")).json()).toMatchObject({ accepted: 0, lines: 0 });
  });

  test.each([
    ["", "query.entity"],
    ["?entity=", "query.entity"],
    ["?entity=web&zone=CET", "query.zone"],
    [`?entity=web&session=${"s".repeat(257)}`, "query.session"],
  ])("the query %s is refused with its field", async (query, path) => {
    const problem = await problemOf(await put("a", query));
    expect(problem).toMatchObject({ status: 422, code: "VALIDATION", errors: [{ path }] });
  });

  test("events that say their entity themselves take none from the query", async () => {
    const problem = await problemOf(await put("[]", "?entity=web", { "content-type": "application/json" }));
    expect(problem).toMatchObject({ status: 422, errors: [{ path: "query.entity" }] });
    expect((await put("[]", "", { "content-type": "application/json" })).status).toBe(202);
  });

  test("a form of another site, which may send plain text unasked, is refused", async () => {
    for (const headers of [{ "sec-fetch-site": "cross-site" }, { origin: "https://elsewhere.example" }]) {
      expect(await problemOf(await put("a", "?entity=web", headers))).toMatchObject({ status: 403, code: "FORBIDDEN" });
    }
    expect(api.records()).toEqual([]);
  });

  test("refuses more lines, and more events, than one request may have", async () => {
    expect(await problemOf(await put("a\n".repeat(100_001)))).toMatchObject({ status: 413, detail: /100000 events/ });
    expect(await problemOf(await put(`a\n${" b\n".repeat(200_001)}`))).toMatchObject({ detail: /200000 lines/ });
    expect(api.records()).toEqual([]);
  });

  test("other requests get their turn while a large body is taken", async () => {
    const body = Array.from({ length: 60_000 }, (_, line) => `${AT} INFO a.B: request ${line} done`).join("\n");
    const order: string[] = [];
    const ingest = put(body).then(() => order.push("ingest"));
    await new Promise(setImmediate);
    const probe = Promise.resolve(api.app.request("/healthz")).then(() => order.push("probe"));
    await Promise.all([ingest, probe]);
    expect(order).toEqual(["probe", "ingest"]);
  });

  test("a retry under its key stores what the first try did not, each event once", async () => {
    const { putMany } = api.ports.stream;
    let calls = 0;
    api.ports.stream.putMany = (entries) => (++calls === 2 ? Promise.reject(new Error("disk full")) : putMany(entries));
    const lines = Array.from({ length: 1200 }, (_, line) => `${AT} INFO a.B: request ${line} done\n  of many`);
    const send = () => put(lines.join("\n"), "?entity=web", { "idempotency-key": "k1" });
    expect(await problemOf(await send())).toMatchObject({ status: 503, accepted: 500, resumeFrom: 500 });
    expect(await (await send()).json()).toEqual({ accepted: 1200, rejected: [], lines: 2400 });
    expect(messages()).toEqual(lines);
    expect((await send()).headers.get("idempotency-replayed")).toBe("true");
  });

  test("no line is lost or doubled, whatever the lines are", async () => {
    const piece = fc.constantFrom(
      AT,
      "INFO",
      "\tat a.B",
      "Caused by: x",
      "{",
      "}",
      '{"msg":"m"}',
      "a=1",
      "<34>",
      "é",
      " ",
    );
    const line = fc.array(piece, { maxLength: 4 }).map((parts) => parts.join(" "));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 30 }), async (lines) => {
        const before = api.records().length;
        const answer = await bodyOf(await put(lines.join("\n")), IngestResult);
        const kept = lines.filter((text) => text.trim() !== "");
        const fresh = stored().slice(before);
        expect(fresh.flatMap(({ message }) => message.split("\n").filter((text) => text.trim() !== ""))).toEqual(kept);
        expect(answer).toEqual({ accepted: fresh.length, rejected: [], lines: kept.length });
      }),
      { numRuns: 50 },
    );
  });
});

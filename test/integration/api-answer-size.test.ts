import { scoreBatch } from "@tidewatch/core/score/run";
import { detectorLister } from "@tidewatch/core/store/detectors";
import { DetectorPage } from "@tidewatch/functions/api/schemas/detector";
import { IngestResult } from "@tidewatch/functions/api/schemas/events";
import { Points } from "@tidewatch/functions/api/schemas/results";
import { apiHandler } from "@tidewatch/functions/api-handler";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { z } from "zod";
import { json, metricEvent, NOW_MS, startApi, type TestApi } from "./api-harness.ts";

/** What Lambda takes from a function: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LAMBDA_BYTES = 6_291_556;
const ROWS = 4000;
const METRICS = Array.from({ length: 64 }, (_, feature) => `metric-${feature}`);

let api: TestApi;
beforeEach(() => {
  api = startApi();
});
afterEach(() => api.stop());

/** All pages of a list; each is one that Lambda can give. */
const pagesOf = async <T extends z.ZodType<{ cursor: string | null }>>(path: string, schema: T) => {
  const handler = apiHandler(api.ports);
  const pages: z.output<T>[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const [rawPath, query] = path.split("?");
    const event = {
      ...{ version: "2.0", routeKey: "$default", rawPath },
      rawQueryString: cursor === "" ? query : `${query}&cursor=${cursor}`,
      headers: { host: "api.example" },
      requestContext: { http: { method: "GET", path: rawPath, protocol: "HTTP/1.1", sourceIp: "192.0.2.1" } },
    };
    const answer = await handler(event as unknown as Parameters<typeof handler>[0]);
    expect(answer.statusCode).toBe(200);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(LAMBDA_BYTES);
    const page = schema.parse(JSON.parse(answer.body));
    pages.push(page);
    ({ cursor } = page);
  }
  return pages;
};

test("points of 64 features come in answers that Lambda can give, all of them once", async () => {
  const detector = { id: "wide", features: METRICS.map((metric) => ({ metric })) };
  await api.app.request("/v1/detectors", { method: "POST", ...json(detector) });
  const startMs = NOW_MS - ROWS * 1000;
  for (let first = 0; first < ROWS; first += 1000) {
    const events = Array.from({ length: 1000 }, (_, index) =>
      metricEvent(
        "a",
        startMs + (first + index) * 1000,
        Object.fromEntries(METRICS.map((name, n) => [name, -(first + index) / (n + 7e9)])),
      ),
    );
    const put = await api.app.request("/v1/events", { method: "POST", ...json(events) });
    expect(put.status).toBe(202);
  }
  const { table, clock } = api.ports;
  const ports = { table, detectors: detectorLister(table, clock, 0), scorerOf: async () => undefined };
  await scoreBatch(ports, api.records());

  const pages = (await pagesOf("/v1/points?detector=wide&entity=a&limit=10000", Points)).reverse();
  expect(pages.length).toBeGreaterThan(1);
  expect(pages.flatMap(({ points }) => points).map(({ timestamp }) => timestamp)).toEqual(
    Array.from({ length: ROWS }, (_, row) => startMs + row * 1000),
  );
});

test("detectors with long names come in answers that Lambda can give", async () => {
  const features = METRICS.map((name) => ({ metric: `"${name}`.padEnd(256, '"') }));
  for (let n = 0; n < 200; n++) {
    await api.app.request("/v1/detectors", { method: "POST", ...json({ id: `d-${n}`, features }) });
  }
  const pages = await pagesOf("/v1/detectors?limit=1000", DetectorPage);
  expect(pages.length).toBeGreaterThan(1);
  expect(new Set(pages.flatMap(({ items }) => items).map(({ id }) => id)).size).toBe(200);
});

test("the places of 100,000 refused events come in one answer, with the reasons of the first ones", async () => {
  const body = JSON.stringify({ type: "metric", entity: "a", timestamp: 1, values: { cpu: "x" } });
  const init = { method: "POST", headers: { "content-type": "application/x-ndjson" } };
  const answer = await api.app.request("/v1/events", { ...init, body: `${body}\n`.repeat(100_000) });
  const text = await answer.text();
  expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThan(LAMBDA_BYTES - 10_000);
  const { accepted, rejected } = IngestResult.parse(JSON.parse(text));
  expect([accepted, rejected.length, rejected.at(-1)]).toEqual([0, 100_000, { index: 99_999, reason: "" }]);
  expect(rejected.filter(({ reason }) => reason !== "").length).toBeGreaterThan(10_000);
});

import { putDetector } from "@tidewatch/core/store/detectors";
import { DriftCheckDocument, DriftCheckPage, DriftSummaryPage } from "@tidewatch/functions/api/schemas/drift";
import { afterAll, beforeAll, expect, test } from "vitest";
import { afterHour, driftWorldIn, HOUR_MS, host, machine } from "../support/drifting.ts";
import { T0 } from "../support/scoring.ts";
import { bodyOf, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
beforeAll(async () => {
  api = startApi();
  const of = host();
  await putDetector(api.ports.table, of, undefined);
  await putDetector(api.ports.table, host({ id: "quiet" }), undefined);
  await driftWorldIn(of, api.ports).feed([machine("a", 1, 60, 40)], 0, 67);
});
afterAll(() => api.stop());

const get = (path: string) => api.app.request(path);
const check = (id: string) => api.app.request(`/v1/drift/${id}/check`, { method: "POST" });

test("a check is made on request, kept, and listed", async () => {
  expect(await bodyOf(await get("/v1/drift"), DriftSummaryPage.strict())).toEqual({ items: [], cursor: null });
  expect(await bodyOf(await get("/v1/drift/host"), DriftCheckPage.strict())).toEqual({ items: [], cursor: null });
  for (const hour of [50, 65]) {
    api.clock.nowMs = afterHour(hour);
    expect((await check("host")).status).toBe(200);
  }
  api.clock.nowMs = afterHour(66);
  const made = await bodyOf(await check("host"), DriftCheckDocument);
  expect(made).toMatchObject({ detector: "host", drifted: true, atMs: T0 + 66 * HOUR_MS });
  expect(await bodyOf(await check("host"), DriftCheckDocument)).toEqual(made);
  const { items } = await bodyOf(await get("/v1/drift"), DriftSummaryPage.strict());
  expect(items).toMatchObject([
    { detector: "host", drifted: true, sinceMs: made.sinceMs, what: expect.arrayContaining(["level cpu"]) },
  ]);
  const first = await bodyOf(await get("/v1/drift/host?limit=2"), DriftCheckPage.strict());
  expect(first.items[0]).toEqual(made);
  const rest = await bodyOf(await get(`/v1/drift/host?limit=2&cursor=${first.cursor}`), DriftCheckPage.strict());
  expect([...first.items, ...rest.items].map(({ atMs }) => (atMs - T0) / HOUR_MS)).toEqual([66, 65, 50]);
  expect(rest.cursor).toBeNull();
});

test("what is not there, and what has nothing to be compared with, is said", async () => {
  expect(await problemOf(await get("/v1/drift/none"))).toMatchObject({ code: "NOT_FOUND" });
  expect(await problemOf(await check("none"))).toMatchObject({ code: "NOT_FOUND" });
  const problem = await problemOf(await check("quiet"));
  expect(problem).toMatchObject({
    code: "CONFLICT",
    detail: expect.stringContaining("nothing to be compared with yet"),
  });
  expect(await problemOf(await get("/v1/drift?cursor=x"))).toMatchObject({ code: "VALIDATION" });
});

test("the list goes on behind its cursor", async () => {
  const other = host({ id: "other" });
  await putDetector(api.ports.table, other, undefined);
  await driftWorldIn(other, api.ports).feed([machine("a", 1)], 0, 50);
  await check("other");
  const first = await bodyOf(await get("/v1/drift?limit=1"), DriftSummaryPage.strict());
  const rest = await bodyOf(await get(`/v1/drift?limit=1&cursor=${first.cursor}`), DriftSummaryPage.strict());
  expect([...first.items, ...rest.items].map(({ detector }) => detector)).toEqual(["host", "other"]);
  expect(rest.cursor).toBeNull();
});

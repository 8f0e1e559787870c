import { keepFailed } from "@tidewatch/core/ingest/failed";
import { RedriveResult } from "@tidewatch/functions/api/schemas/failed";
import { afterEach, beforeEach, expect, test } from "vitest";
import { metric, record } from "../support/scoring.ts";
import { bodyOf, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
beforeEach(() => {
  api = startApi();
});
afterEach(() => api.stop());

const redrive = async (query = "") => api.app.request(`/v1/failed/redrive${query}`, { method: "POST" });
const keep = (number: number) =>
  keepFailed(api.ports.blobs, "score", [
    { record: record(number, metric(`e${number}`, 1, { cpu: 1 })), reason: "why" },
  ]);
const putBack = () => api.records().map(({ partitionKey }) => partitionKey);

test("failed records go back onto the stream, a few objects per request, each once", async () => {
  for (let number = 0; number < 5; number++) await keep(number);
  const first = await bodyOf(await redrive("?limit=3"), RedriveResult);
  expect(first).toMatchObject({ objects: 3, records: 3, done: 0, unclear: [] });
  const rest = await bodyOf(await redrive(`?limit=3&cursor=${first.cursor}`), RedriveResult);
  expect(rest).toEqual({ objects: 2, records: 2, done: 0, unclear: [], unreadable: [], cursor: null });
  expect(await bodyOf(await redrive(), RedriveResult)).toMatchObject({ objects: 0, done: 5 });
  expect(putBack().sort()).toEqual(["e0", "e1", "e2", "e3", "e4"]);
});

test("a request ends in time, and says where to go on", async () => {
  for (let number = 0; number < 3; number++) await keep(number);
  const { putMany } = api.ports.stream;
  api.ports.stream.putMany = async (entries) => {
    api.clock.nowMs += 11_000;
    return await putMany(entries);
  };
  const first = await bodyOf(await redrive(), RedriveResult);
  expect(first).toMatchObject({ objects: 1, unclear: [], cursor: expect.any(String) });
  const second = await bodyOf(await redrive(`?cursor=${first.cursor}`), RedriveResult);
  expect(second).toMatchObject({ objects: 1, done: 0, unclear: [] });
  await redrive(`?cursor=${second.cursor}`);
  expect(putBack().sort()).toEqual(["e0", "e1", "e2"]);
});

test("a redrive that was interrupted is told, and repeated only on demand", async () => {
  await keep(1);
  const { putMany } = api.ports.stream;
  api.ports.stream.putMany = () => Promise.reject(new Error("away"));
  expect((await redrive()).status).toBe(500);
  api.ports.stream.putMany = putMany;
  expect(await bodyOf(await redrive(), RedriveResult)).toMatchObject({ objects: 0, unclear: [expect.any(String)] });
  expect(putBack()).toEqual([]);
  expect(await bodyOf(await redrive("?again=true"), RedriveResult)).toMatchObject({ objects: 1, unclear: [] });
  expect(putBack()).toEqual(["e1"]);
});

test("a cursor of another list and a limit beyond the most are refused", async () => {
  expect(await problemOf(await redrive("?cursor=bm8"))).toMatchObject({ status: 422 });
  expect(await problemOf(await redrive("?limit=101"))).toMatchObject({ status: 422 });
});

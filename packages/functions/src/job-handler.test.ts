import type { Job } from "@tidewatch/core/backtest/job";
import { Detector } from "@tidewatch/core/detector";
import { AppError } from "@tidewatch/core/errors";
import { putDetector } from "@tidewatch/core/store/detectors";
import { jobKey } from "@tidewatch/core/store/keys";
import type { BusEvent } from "@tidewatch/core/store/ports";
import { expect, test } from "vitest";
import { memoryBlobs } from "../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../test/support/memory-table.ts";
import { jobHandler, jobOrdered } from "./job-handler.ts";

test("an order names the job, and how often it was begun, so that none is taken for the one before", () => {
  expect(jobOrdered({ id: "j", attempts: 0 }, 5)).toEqual({
    ...{ id: "job.ordered#j#0", type: "job.ordered", timeMs: 5, detail: { job: "j" } },
  });
  expect(jobOrdered({ id: "j", attempts: 1 }, 5).id).not.toBe(jobOrdered({ id: "j", attempts: 0 }, 5).id);
});

test("a job that fails says so and orders nothing more; one that is gone is none", async () => {
  const table = memoryTable(() => 1000);
  const published: BusEvent[] = [];
  const seen: (Job | undefined)[] = [];
  const handler = jobHandler({
    ...{ table, blobs: memoryBlobs(), clock: () => 1000, spanMs: 10 },
    runtime: { load: () => Promise.reject(new Error("no model is run here")) },
    bus: { publish: async (events) => void published.push(...events) },
    onReport: (job) => void seen.push(job),
  });
  const wish = { detector: "gone", model: { name: "gone", version: 1 }, fromMs: 0, toMs: 1 };
  const progress = { series: 0, ofSeries: 0, rows: 0 };
  const times = { createdAtMs: 0, updatedAtMs: 0 };
  const doc = { id: "j", kind: "backtest", state: "queued", wish, ...times, progress, attempts: 0 };
  await table.putMany([
    { item: { ...jobKey("j"), version: 1, doc: JSON.stringify(doc) }, condition: { kind: "absent" } },
  ]);
  await handler(jobOrdered({ id: "j", attempts: 0 }, 0));
  await handler(jobOrdered({ id: "unknown", attempts: 0 }, 0));
  expect(seen).toMatchObject([{ state: "failed", error: 'There is no detector "gone".' }, undefined]);
  expect(published).toEqual([]);
});

const model = { family: "isolation-forest" };
test("a job that meets a store which is away orders itself again, and fails in the end", async () => {
  const table = memoryTable(() => 1000);
  await putDetector(table, Detector.parse({ id: "host", features: [{ metric: "cpu" }], model }), undefined);
  const published: BusEvent[] = [];
  const away = new AppError("UNAVAILABLE", "the bucket is away");
  const seen: (Job | undefined)[] = [];
  const handler = jobHandler({
    ...{ table, blobs: { ...memoryBlobs(), get: () => Promise.reject(away) }, clock: () => 1000, spanMs: 10 },
    runtime: { load: () => Promise.reject(new Error("no model is run here")) },
    bus: { publish: async (events) => void published.push(...events) },
    onReport: (job) => void seen.push(job),
  });
  const wish = { detector: "host", model: { name: "host", version: 1 }, fromMs: 0, toMs: 1 };
  const facts = { progress: { series: 0, ofSeries: 0, rows: 0 }, createdAtMs: 0, updatedAtMs: 0, attempts: 0 };
  const doc = JSON.stringify({ id: "j", kind: "backtest", state: "queued", wish, ...facts });
  await table.putMany([{ item: { ...jobKey("j"), version: 1, doc }, condition: { kind: "absent" } }]);
  for (let order = jobOrdered({ id: "j", attempts: 0 }, 0); order; order = published.shift()!) await handler(order);
  expect(seen.map((job) => [job?.state, job?.attempts])).toEqual([
    ...[1, 2, 3, 4].map((attempts) => ["running", attempts]),
    ["failed", 5],
  ]);
  expect(seen.at(-1)?.error).toBe("the bucket is away");
});

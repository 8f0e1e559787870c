import { Status } from "@tidewatch/functions/api/schemas/status";
import { afterEach, beforeEach, expect, test } from "vitest";
import { faultyJob } from "../support/log-archive.ts";
import { type LineSpec, normalJob } from "../support/log-stage.ts";
import { bodyOf, NOW_MS } from "./api-harness.ts";
import { type LogApi, lines, startLogApi } from "./log-harness.ts";

/** The lines begin 26 hours ago. */
const [HOUR_S, DAY_S] = [3600, 86_400];
const later: LineSpec[] = [["start", 9999, DAY_S + HOUR_S]];

let api: LogApi;
beforeEach(async () => {
  api = await startLogApi();
});
afterEach(() => api.stop());

const statusOf = async () => (await bodyOf(await api.app.request("/v1/status"), Status)).logDetectors[0]!;

test("says how many ended sessions a log detector has of those that it needs for a model", async () => {
  await api.send(lines([...normalJob(1, 0), ...normalJob(2, 10)]));
  await api.send(lines(later));
  expect(await statusOf()).toMatchObject({
    model: null,
    warmUp: { cause: "no model yet: 2 of 1000 sessions have ended", sessionsNeeded: 998 },
  });
});

test("says which model is in use, and how many anomalous sessions began within a day", async () => {
  await api.train();
  await api.send(lines([...faultyJob(1, 0), ...normalJob(2, 3 * HOUR_S), ...faultyJob(3, 4 * HOUR_S)]));
  await api.send(lines(later));
  expect(await statusOf()).toMatchObject({
    model: { version: 1, trainedAtMs: NOW_MS, trainingSessions: expect.any(Number) },
    ...{ warmUp: null, anomalousSessions: { lastDay: 1, hasMore: false } },
  });
});

test("counts a hundred anomalous sessions, and says that there are more", async () => {
  await api.train();
  const jobs = Array.from({ length: 101 }, (_, job) => faultyJob(job, 4 * HOUR_S + job));
  await api.send(lines(jobs.flat()));
  expect((await statusOf()).anomalousSessions).toEqual({ lastDay: 100, hasMore: true });
});

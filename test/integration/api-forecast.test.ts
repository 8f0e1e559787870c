import { scorerCache } from "@tidewatch/core/register/scorer-cache";
import { scoreBatch } from "@tidewatch/core/score/run";
import { detectorLister } from "@tidewatch/core/store/detectors";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import { ForecastResult } from "@tidewatch/functions/api/schemas/forecast";
import { Points } from "@tidewatch/functions/api/schemas/results";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bodyOf, json, metricEvent, NOW_MS, problemOf, startApi, type TestApi } from "./api-harness.ts";

const STEP_MS = 10_000;
const ROWS = 300;
const START_MS = NOW_MS - 3_600_000;
const ENTITY = "a/b?c#d é";

let api: TestApi;
const request = async (method: string, path: string, init: RequestInit = {}) =>
  api.app.request(path, { method, ...init });
const forecast = (body: object) => request("POST", "/v1/forecast", json(body));
const refused = async (body: object) => problemOf(await forecast(body));

const seen = new Set<string>();
/** A stand-in for the consumers: scores what is new on the stream, in one batch. */
const scoreNew = async () => {
  const ports = {
    table: api.ports.table,
    detectors: detectorLister(api.ports.table, api.ports.clock, 0),
    scorerOf: scorerCache(api.ports, { maxAgeMs: 0 }),
  };
  const fresh = api.records().filter(({ sequenceNumber }) => !seen.has(sequenceNumber));
  for (const { sequenceNumber } of fresh) seen.add(sequenceNumber);
  await scoreBatch(ports, fresh as StreamRecord[]);
};

const noise = (seed: number): number => (Math.abs(Math.sin(seed * 12.9898) * 43758.5453) % 1) - 0.5;
/** Waves of 12 rows around 50, and a level that falls back by a fifth of its distance each row. */
const loads: number[] = [];
for (let row = 0, level = 0; row < ROWS; row++) {
  level = 0.8 * level + noise(row + 1);
  loads.push(50 + level);
}
const put = async (entity: string, rows: readonly number[]) => {
  const events = rows.map((row) =>
    metricEvent(entity, START_MS + row * STEP_MS, { load: loads[row]!, free: -loads[row]! }),
  );
  expect((await request("POST", "/v1/events", json(events))).status).toBe(202);
  await scoreNew();
};
const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
const watch = async (id: string, more: object) => {
  const created = await request("POST", "/v1/detectors", json({ id, features: [{ metric: "load" }], ...more }));
  expect(created.status, await created.clone().text()).toBe(201);
};
const MODEL = { family: "arima", window: 20, minTrainingRows: 100 };

beforeAll(async () => {
  api = startApi();
  await watch("load", { model: MODEL });
  await watch("spaced", { model: MODEL, intervalSeconds: 10, latenessSeconds: 0 });
  await watch("online", {});
  await watch("untrained", { model: MODEL });
  const features = [{ metric: "load" }, { metric: "free" }];
  await watch("both", { model: { family: "hybrid", trees: 20, minTrainingRows: 100 }, features });
  await put(ENTITY, rows(0, 250));
  await request("POST", "/v1/detectors/both/train");
  await request("POST", "/v1/detectors/load/train");
  await request("POST", "/v1/detectors/spaced/train");
  await put(ENTITY, rows(250, ROWS));
  await put("short", rows(0, 1));
  await put("brief", rows(0, 9));
});
afterAll(() => api.stop());

describe("POST /v1/forecast", () => {
  test("goes on from the newest row, one interval per step, with bands that widen", async () => {
    const answer = await bodyOf(await forecast({ detector: "load", entity: ENTITY, steps: 30 }), ForecastResult);
    expect(answer).toMatchObject({
      detector: "load",
      entity: ENTITY,
      features: ["load"],
      level: 0.95,
      modelVersion: 1,
    });
    expect(answer).toMatchObject({ intervalMs: STEP_MS, lastTimestamp: START_MS + (ROWS - 1) * STEP_MS });
    expect(answer.points.map(({ timestamp }) => timestamp)).toEqual(
      rows(ROWS, ROWS + 30).map((row) => START_MS + row * STEP_MS),
    );
    const widths = answer.points.map(({ lower, upper }) => upper[0]! - lower[0]!);
    expect(widths.every((width, step) => step === 0 || width >= widths[step - 1]!)).toBe(true);
    expect(answer.points.every(({ mean }) => Math.abs(mean[0]! - 50) < 2)).toBe(true);
    // A row's shock is uniform on ±0.5, standard deviation 0.29.
    expect(widths[0]).toBeGreaterThan(2 * 1.96 * 0.25);
    expect(widths[0]).toBeLessThan(2 * 1.96 * 0.34);
  });

  test("the first step is what the pipeline then expects of the next row", async () => {
    const from = START_MS + 280 * STEP_MS;
    const [point] = (await bodyOf(await forecast({ detector: "load", entity: ENTITY, steps: 1, from }), ForecastResult))
      .points;
    expect(point!.timestamp).toBe(from);
    const query = `detector=load&entity=${encodeURIComponent(ENTITY)}&from=${from}&limit=20`;
    const { points } = await bodyOf(await request("GET", `/v1/points?${query}`), Points);
    expect(points[0]).toMatchObject({ timestamp: from, state: "scored" });
    expect(points[0]!.expected[0]).toBeCloseTo(point!.mean[0]!, 1);
  });

  test("takes the interval from the detector, and another level", async () => {
    const wide = { detector: "spaced", entity: ENTITY, steps: 2 };
    const answer = await bodyOf(await forecast(wide), ForecastResult);
    expect(answer).toMatchObject({ intervalMs: 10_000, lastTimestamp: START_MS + (ROWS - 2) * STEP_MS });
    const narrow = await bodyOf(await forecast({ ...wide, level: 0.5 }), ForecastResult);
    const width = ({ points: [point] }: typeof answer) => point!.upper[0]! - point!.lower[0]!;
    expect(width(narrow) / width(answer)).toBeCloseTo(0.6745 / 1.96, 3);
  });

  test("several features are forecast each by itself", async () => {
    const answer = await bodyOf(await forecast({ detector: "both", entity: ENTITY, steps: 3 }), ForecastResult);
    expect(answer.features).toEqual(["load", "free"]);
    for (const { mean, lower, upper } of answer.points) {
      expect(mean[1]).toBeCloseTo(-mean[0]!, 2);
      expect(lower[1]).toBeCloseTo(-upper[0]!, 2);
    }
  });

  test("what cannot be forecast is refused, and says what to do", async () => {
    const asked = { detector: "load", entity: ENTITY, steps: 1 };
    const codes = { NOT_FOUND: 404, CONFLICT: 409 } as const;
    const cases: [object, keyof typeof codes, string][] = [
      [{ detector: "none" }, "NOT_FOUND", 'There is no detector "none"'],
      [{ entity: "none" }, "NOT_FOUND", 'seen nothing of "none"'],
      [{ detector: "online" }, "CONFLICT", "has the family stream, which does not forecast; arima and hybrid do"],
      [{ detector: "untrained" }, "CONFLICT", "has no model yet; train it first"],
      [{ from: START_MS }, "CONFLICT", "no rows to go on from yet"],
      [{ detector: "both", entity: "brief" }, "CONFLICT", "needs 10 complete rows in a row, there are 9"],
      [{ entity: "short" }, "CONFLICT", "say how far apart rows are"],
    ];
    for (const [changed, code, detail] of cases) {
      const problem = await refused({ ...asked, ...changed });
      expect(problem, detail).toMatchObject({ code, status: codes[code], detail: expect.stringContaining(detail) });
    }
  });

  test.each([
    [{ steps: 0 }, "steps", "must be 1 or more"],
    [{ steps: 1001 }, "steps", "must be at most 1000"],
    [{ steps: 1.5 }, "steps", "must be a whole number"],
    [{ steps: 1, level: 1 }, "level", "must be at most 0.9999"],
    [{ steps: 1, from: "now" }, "from", "must be epoch milliseconds"],
  ])("%j breaks a rule", async (changed, path, message) => {
    const problem = await refused({ detector: "load", entity: ENTITY, ...changed });
    expect(problem).toMatchObject({ code: "VALIDATION", errors: [{ path, message }] });
  });

  test("a detector that was changed after its training has to be trained again", async () => {
    await watch("changed", { model: MODEL });
    await put("later", rows(0, 200));
    expect((await request("POST", "/v1/detectors/changed/train")).status).toBe(200);
    const changed = { id: "changed", features: [{ metric: "free" }], model: MODEL };
    await request("PUT", "/v1/detectors/changed", json(changed));
    expect(await refused({ detector: "changed", entity: "later", steps: 1 })).toMatchObject({
      code: "CONFLICT",
      detail: expect.stringContaining("changed after its model was made"),
    });
  });
});

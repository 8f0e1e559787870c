import { scorerCache } from "@tidewatch/core/register/scorer-cache";
import { scoreBatch } from "@tidewatch/core/score/run";
import { detectorLister } from "@tidewatch/core/store/detectors";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import { TrainResult } from "@tidewatch/functions/api/schemas/detector";
import { IngestResult } from "@tidewatch/functions/api/schemas/events";
import { PredictResult } from "@tidewatch/functions/api/schemas/predict";
import { AnomalyPage, Points, SeriesPage } from "@tidewatch/functions/api/schemas/results";
import { Status } from "@tidewatch/functions/api/schemas/status";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bodyOf, json, metricEvent, NOW_MS, problemOf, startApi, type TestApi } from "./api-harness.ts";

const DETECTOR = "host";
/** Names that break careless URLs and keys. */
const ENTITIES = ["web-01", "a/b?c#d", "100% é\u{1f600}"];
const ROWS = 120;
const TRAINED_ROWS = 100;
const STEP_MS = 2000;
const START_MS = NOW_MS - 3600_000;
/** The row, after the training, that every entity has an outlier in. */
const OUTLIER = 110;

let api: TestApi;
const request = async (method: string, path: string, init: RequestInit = {}) =>
  api.app.request(path, { method, ...init });
const get = (path: string) => request("GET", path);

/** A stand-in for the consumers: scores what is new on the stream, in one batch. */
const scoreNew = async (seen: Set<string>) => {
  const ports = {
    table: api.ports.table,
    detectors: detectorLister(api.ports.table, api.ports.clock, 0),
    scorerOf: scorerCache(api.ports, { maxAgeMs: 0 }),
  };
  const fresh = api.records().filter(({ sequenceNumber }) => !seen.has(sequenceNumber));
  for (const { sequenceNumber } of fresh) seen.add(sequenceNumber);
  await scoreBatch(ports, fresh as StreamRecord[]);
};

/** A forest cannot tell beyond the edge of what it has seen from the edge: only data with thin edges leave room. */
const bell = (seed: number): number => [1, 2, 3, 4, 5, 6].reduce((sum, part) => sum + noise(seed * 8 + part), 0) - 3;
const noise = (seed: number): number => Math.abs(Math.sin(seed * 12.9898) * 43758.5453) % 1;
const valuesOf = (entity: string, row: number) => {
  if (row === OUTLIER) return { cpu: 5000, memory: 900 };
  // The middle of what was trained on, so that whatever the model, only the outlier is strange.
  if (row >= TRAINED_ROWS) return { cpu: 40, memory: 60 };
  const seed = row * ENTITIES.length + ENTITIES.indexOf(entity);
  return { cpu: 40 + 3 * bell(2 * seed), memory: 60 + 2 * bell(2 * seed + 1) };
};
const putRows = async (from: number, to: number) => {
  const rows = Array.from({ length: to - from }, (_, index) => from + index);
  const events = rows.flatMap((row) =>
    ENTITIES.map((entity) => metricEvent(entity, START_MS + row * STEP_MS, valuesOf(entity, row))),
  );
  const response = await request("POST", "/v1/events", json(events));
  expect((await bodyOf(response, IngestResult)).rejected).toEqual([]);
};

beforeAll(async () => {
  api = startApi();
  const seen = new Set<string>();
  const detector = {
    id: DETECTOR,
    features: [{ metric: "cpu" }, { metric: "memory" }],
    model: { family: "isolation-forest", minTrainingRows: 100 },
    sensitivity: 8,
  };
  await request("POST", "/v1/detectors", json(detector));
  const early = await problemOf(await request("POST", `/v1/detectors/${DETECTOR}/train`));
  expect(early).toMatchObject({ status: 409, code: "CONFLICT" });
  await putRows(0, TRAINED_ROWS);
  await scoreNew(seen);
  const trained = await bodyOf(await request("POST", `/v1/detectors/${DETECTOR}/train`), TrainResult);
  expect(trained).toEqual({ version: 1, trainingRows: TRAINED_ROWS * ENTITIES.length });
  api.clock.nowMs += 10_000;
  await putRows(TRAINED_ROWS, ROWS);
  await request(
    "POST",
    "/v1/events",
    json([metricEvent("web-01", NOW_MS, { cpu: 41 }), metricEvent("web-01", NOW_MS, { disk: 1 })]),
  );
  await scoreNew(seen);
});
afterAll(() => api.stop());

describe("GET /v1/status", () => {
  test("shows counts that add up", async () => {
    const status = await bodyOf(await get("/v1/status"), Status);
    const [detector] = status.detectors;
    expect(status.score).toMatchObject({ deliveries: ROWS * ENTITIES.length + 1, failed: 0 });
    expect(status.score.received).toBe(status.score.invalid + status.score.unmatched + status.score.deliveries);
    expect(detector).toMatchObject({ id: DETECTOR, series: 3, events: status.score.deliveries, warmUp: null });
    const { scored, warmingUp, skipped, imputed } = detector!.rows;
    expect(scored + warmingUp + skipped + imputed + detector!.late).toBe(detector!.events);
    expect(detector!.model).toMatchObject({
      ...{ family: "isolation-forest", version: 1, trainingRows: TRAINED_ROWS * ENTITIES.length },
    });
  });

  test("names the family of the model in use, also after the detector's has changed", async () => {
    const path = `/v1/detectors/${DETECTOR}`;
    const before = (await (await get(path)).json()) as object;
    expect((await request("PUT", path, json({ ...before, model: { family: "var" } }))).ok).toBe(true);
    const { detectors } = await bodyOf(await get("/v1/status"), Status);
    expect(detectors.find(({ id }) => id === DETECTOR)).toMatchObject({
      ...{ family: "var", model: { family: "isolation-forest", version: 1 } },
    });
    expect((await request("PUT", path, json(before))).ok).toBe(true);
  });

  test("says what a detector without a model waits for", async () => {
    const other = {
      id: "other",
      features: [{ metric: "disk" }],
      model: { family: "isolation-forest", minTrainingRows: 50 },
    };
    await request("POST", "/v1/detectors", json(other));
    const { detectors } = await bodyOf(await get("/v1/status"), Status);
    const warmUp = { cause: expect.stringContaining("0 of 50 training rows"), rowsNeeded: 50 };
    expect(detectors.find(({ id }) => id === "other")).toMatchObject({ model: null, warmUp });
    await request("DELETE", "/v1/detectors/other");
  });
});

describe("GET /v1/series", () => {
  test("pages through every entity once", async () => {
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const page = await bodyOf(await get(`/v1/series?detector=${DETECTOR}&limit=1${query}`), SeriesPage);
      expect(page.items).toHaveLength(1);
      seen.push(page.items[0]!.entity);
      ({ cursor } = page);
    }
    expect(seen.sort()).toEqual([...ENTITIES].sort());
  });

  test("a cursor of another detector is refused", async () => {
    await request("POST", "/v1/detectors", json({ id: "third", features: [{ metric: "x" }] }));
    const { cursor } = await bodyOf(await get(`/v1/series?detector=${DETECTOR}&limit=1`), SeriesPage);
    const problem = await problemOf(await get(`/v1/series?detector=third&cursor=${cursor}`));
    expect(problem.errors?.[0]?.path).toBe("query.cursor");
    await request("DELETE", "/v1/detectors/third");
  });

  test("needs a detector, and one that exists", async () => {
    expect((await problemOf(await get("/v1/series"))).errors?.[0]?.path).toBe("query.detector");
    expect(await problemOf(await get("/v1/series?detector=none"))).toMatchObject({ status: 404 });
  });
});

describe("GET /v1/points", () => {
  const pathOf = (entity: string) => `/v1/points?${new URLSearchParams({ detector: DETECTOR, entity })}`;

  test.each(ENTITIES)("gives the points of %s, with the outlier marked", async (entity) => {
    const answer = await bodyOf(await get(pathOf(entity)), Points);
    expect(answer).toMatchObject({ detector: DETECTOR, entity, features: ["cpu", "memory"] });
    const rows = answer.points.slice(0, ROWS);
    expect(rows.map(({ timestamp }) => timestamp)).toEqual(rows.map((_, row) => START_MS + row * STEP_MS));
    expect(rows[0]).toMatchObject({ state: "warming-up", score: null });
    const outlier = rows[OUTLIER]!;
    expect(outlier.state).toBe("scored");
    expect(outlier.grade).toBeGreaterThan(0);
    expect(outlier.score).toBeGreaterThanOrEqual(outlier.threshold);
    expect(outlier.values[0]).toBeGreaterThan(outlier.upper[0]!);
    expect(rows.filter(({ grade }) => grade > 0)).toEqual([outlier]);
  });

  test("gives the newest of the range", async () => {
    const to = START_MS + 50 * STEP_MS;
    const query = `&from=${START_MS + 10 * STEP_MS}&to=${to}&limit=5`;
    const { points } = await bodyOf(await get(pathOf("web-01") + query), Points);
    expect(points.map(({ timestamp }) => timestamp)).toEqual([5, 4, 3, 2, 1].map((back) => to - back * STEP_MS));
  });

  test("pages lead from the newest to the oldest, each point once", async () => {
    const all = await bodyOf(await get(pathOf("web-01")), Points);
    expect(all.cursor).toBeNull();
    const pages: (typeof all.points)[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const next: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const page = await bodyOf(await get(`${pathOf("web-01")}&limit=50${next}`), Points);
      pages.unshift(page.points);
      ({ cursor } = page);
    }
    expect(pages.map((page) => page.length)).toEqual([21, 50, 50]);
    expect(pages.flat()).toEqual(all.points);
  });

  test("a cursor of another series is refused", async () => {
    const { cursor } = await bodyOf(await get(`${pathOf("web-01")}&limit=1`), Points);
    const problem = await problemOf(await get(`${pathOf(ENTITIES[1]!)}&limit=1&cursor=${cursor}`));
    expect(problem.errors?.[0]?.path).toBe("query.cursor");
  });

  test("a missing value is null, and its row not scored", async () => {
    const { points } = await bodyOf(await get(`${pathOf("web-01")}&from=${NOW_MS}`), Points);
    expect(points).toEqual([expect.objectContaining({ values: [41, null], state: "skipped", score: null })]);
  });

  test("an entity that was never seen is not found", async () => {
    expect(await problemOf(await get(pathOf("nobody")))).toMatchObject({ status: 404, code: "NOT_FOUND" });
  });
});

describe("GET /v1/anomalies", () => {
  test("lists each with its explanation", async () => {
    const { items, cursor } = await bodyOf(await get("/v1/anomalies"), AnomalyPage);
    expect(cursor).toBeNull();
    expect(items.map(({ entity }) => entity).sort()).toEqual([...ENTITIES].sort());
    for (const anomaly of items) {
      expect(anomaly).toMatchObject({
        timestamp: START_MS + OUTLIER * STEP_MS,
        values: { cpu: 5000, memory: 900 },
        modelVersion: 1,
      });
      const { cpu, memory } = anomaly.attribution;
      expect(cpu! + memory!).toBeCloseTo(1, 6);
      expect(anomaly.incidentId).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  test("pages hold each once, also those of one moment", async () => {
    const seen: string[] = [];
    let query = "?limit=1";
    for (;;) {
      const page = await bodyOf(await get(`/v1/anomalies${query}`), AnomalyPage);
      seen.push(...page.items.map(({ entity }) => entity));
      if (page.cursor === null) break;
      query = `?limit=1&cursor=${page.cursor}`;
    }
    expect(seen.sort()).toEqual([...ENTITIES].sort());
  });

  test("filters by entity and time", async () => {
    const at = START_MS + OUTLIER * STEP_MS;
    const of = async (query: string) => (await bodyOf(await get(`/v1/anomalies?${query}`), AnomalyPage)).items.length;
    expect(await of(`entity=${encodeURIComponent("a/b?c#d")}&detector=${DETECTOR}`)).toBe(1);
    expect(await of(`from=${at}&to=${at + 1}`)).toBe(3);
    expect(await of(`from=${at + 1}`)).toBe(0);
    expect(await of(`to=${at}`)).toBe(0);
  });
});

describe("POST /v1/predict", () => {
  const predict = async (rows: unknown, detector = DETECTOR) =>
    request("POST", "/v1/predict", json({ detector, rows }));

  test("scores rows as the pipeline did", async () => {
    const { points } = await bodyOf(await get(`/v1/points?detector=${DETECTOR}&entity=web-01`), Points);
    const known = [points[105]!, points[OUTLIER]!];
    const response = await predict([known[0]!.values, { memory: known[1]!.values[1], cpu: known[1]!.values[0] }]);
    const { results, modelVersion } = await bodyOf(response, PredictResult);
    expect(modelVersion).toBe(1);
    for (const [index, { score, threshold, grade }] of results.entries()) {
      // Points keep scores as float32.
      expect(score).toBeCloseTo(known[index]!.score!, 5);
      expect(threshold).toBe(known[index]!.threshold);
      expect(grade).toBeCloseTo(known[index]!.grade, 5);
    }
    expect(results[0]!.attribution).toBeUndefined();
    const { cpu, memory } = results[1]!.attribution!;
    expect(cpu! + memory!).toBeCloseTo(1, 9);
  });

  test.each([
    [[[1]], "rows.0"],
    [[{ cpu: 1 }], "rows.0.memory"],
    [[[1, 2], { cpu: 1, memory: 2, disk: 3 }], "rows.1.disk"],
    [[], "rows"],
    [[["1", 2]], "rows.0.0"],
  ])("refuses %j and names the field", async (rows, path) => {
    const problem = await problemOf(await predict(rows));
    expect(problem).toMatchObject({ status: 422, code: "VALIDATION" });
    expect(problem.errors?.[0]?.path).toBe(path);
  });

  test("needs a detector, and its model", async () => {
    expect(await problemOf(await predict([[1, 2]], "none"))).toMatchObject({ status: 404 });
    await request("POST", "/v1/detectors", json({ id: "untrained", features: [{ metric: "x" }] }));
    expect(await problemOf(await predict([[1]], "untrained"))).toMatchObject({ status: 409, code: "CONFLICT" });
    await request("DELETE", "/v1/detectors/untrained");
  });
});

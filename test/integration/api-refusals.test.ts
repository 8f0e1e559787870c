import { scoreBatch } from "@tidewatch/core/score/run";
import { detectorLister } from "@tidewatch/core/store/detectors";
import { DetectorPage } from "@tidewatch/functions/api/schemas/detector";
import { SeriesPage } from "@tidewatch/functions/api/schemas/results";
import { Status } from "@tidewatch/functions/api/schemas/status";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bodyOf, hostDetector, json, metricEvent, NOW_MS, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
beforeEach(() => {
  api = startApi();
});
afterEach(() => api.stop());
const request = async (method: string, path: string, init: RequestInit = {}) =>
  api.app.request(path, { method, ...init });
const putDamaged = (id: string) =>
  api.ports.table.putMany([
    { item: { pk: "DETECTOR", sk: id, version: 3, doc: '{"id":' }, condition: { kind: "any" } },
  ]);

describe("a query that a route does not know", () => {
  it("is refused by name on every GET route", async () => {
    const document = (await (await request("GET", "/openapi.json")).json()) as { paths: Record<string, object> };
    const paths = Object.entries(document.paths).flatMap(([path, methods]) => ("get" in methods ? [path] : []));
    expect(paths.length).toBeGreaterThan(5);
    for (const path of paths) {
      const response = await request("GET", `${path.replaceAll(/\{[^}]+\}/g, "some")}?detektor=web`);
      expect(await problemOf(response), path).toMatchObject({
        code: "VALIDATION",
        errors: [{ path: "query.detektor", message: expect.stringContaining("is unknown") }],
      });
    }
  });

  it("is refused by name on every other route that knows some, and changes nothing", async () => {
    const routes = [
      ["POST", "/v1/events?entity=a&zoen=%2B02:00", "zoen"],
      ["DELETE", "/v1/labels?detector=web&sesion=job-1", "sesion"],
    ] as const;
    for (const [method, path, name] of routes) {
      const response = await request(method, path, { body: "a line", headers: { "content-type": "text/plain" } });
      expect(await problemOf(response), path).toMatchObject({
        code: "VALIDATION",
        errors: [{ path: `query.${name}`, message: expect.stringContaining("is unknown") }],
      });
    }
    expect(api.records()).toEqual([]);
  });

  it("is answered with the ones that there are", async () => {
    const { errors } = await problemOf(await request("GET", "/v1/series?detector=host&limti=3&x=1"));
    expect(errors).toEqual([
      { path: "query.limti", message: "is unknown here; there are detector, limit, cursor" },
      { path: "query.x", message: "is unknown here; there are detector, limit, cursor" },
    ]);
  });
});

describe("a row to predict that has no shape", () => {
  it.each([
    [["a"], "rows.0", "must be an array of numbers, an object of numbers by feature name, or an array of such objects"],
    [[[1, "b"]], "rows.0.1", "must be a finite number"],
    [[{ cpu: 1, memory: "2" }], "rows.0.memory", "must be a finite number"],
    [[[{ cpu: null }]], "rows.0.0.cpu", "must be a finite number"],
    [[], "rows", "must have at least one row"],
    ["no", "rows", "must be an array of rows"],
  ])("%j is refused with field and rule", async (rows, path, message) => {
    const problem = await problemOf(await request("POST", "/v1/predict", json({ detector: "host", rows })));
    expect(problem).toMatchObject({ code: "VALIDATION", errors: [{ path, message }] });
  });
});

describe("a stored detector that cannot be read", () => {
  it("is left out of status and lists, which say so", async () => {
    await request("POST", "/v1/detectors", json(hostDetector));
    await putDamaged("damaged");
    const unreadable = [{ id: "damaged", reason: expect.stringContaining("cannot be read") }];
    const status = await bodyOf(await request("GET", "/v1/status"), Status);
    expect(status.detectors.map(({ id }) => id)).toEqual(["host"]);
    expect(status.unreadableDetectors).toEqual(unreadable);
    const page = await bodyOf(await request("GET", "/v1/detectors"), DetectorPage);
    expect(page).toMatchObject({ items: [{ id: "host" }], unreadable, cursor: null });
    const first = await bodyOf(await request("GET", "/v1/detectors?limit=1"), DetectorPage);
    expect(first).toMatchObject({ items: [], unreadable, cursor: expect.any(String) });
    const second = await bodyOf(await request("GET", `/v1/detectors?limit=1&cursor=${first.cursor}`), DetectorPage);
    expect(second).toMatchObject({ items: [{ id: "host" }], unreadable: [], cursor: null });
    expect((await request("GET", "/v1/anomalies")).status).toBe(200);
  });

  it("can be replaced and deleted, though not by whoever names a state that nobody can have read", async () => {
    await putDamaged("host");
    const stale = await request(
      "PUT",
      "/v1/detectors/host",
      json(hostDetector, { "if-match": '"3-0000000000000000"' }),
    );
    expect(await problemOf(stale)).toMatchObject({ code: "PRECONDITION_FAILED" });
    expect((await request("PUT", "/v1/detectors/host", json(hostDetector))).status).toBe(200);
    expect((await request("GET", "/v1/detectors/host")).headers.get("etag")).toMatch(/^"4-/);
    await putDamaged("host");
    expect((await request("DELETE", "/v1/detectors/host")).status).toBe(204);
  });
});

describe("rows that a series still needs", () => {
  const needed = async (shingleSize: number, missing: string, cpus: (number | null)[]) => {
    const detector = {
      ...{ id: "one", features: [{ metric: "cpu" }], shingleSize, missing },
      model: { family: "isolation-forest", minTrainingRows: 16 },
    };
    await request("POST", "/v1/detectors", json(detector));
    const ready = Array.from({ length: 40 }, (_, row) =>
      metricEvent("full", NOW_MS - 90_000 + row * 1000, { cpu: row }),
    );
    const own = cpus.map((cpu, row) => metricEvent("own", NOW_MS - 60_000 + row * 1000, { cpu }));
    await request("POST", "/v1/events", json([...ready, ...own]));
    const detectors = detectorLister(api.ports.table, api.ports.clock, 0);
    await scoreBatch({ table: api.ports.table, detectors, scorerOf: async () => undefined }, api.records());
    const trained = await request("POST", "/v1/detectors/one/train");
    expect(trained.status).toBe(200);
    const { items } = await bodyOf(await request("GET", "/v1/series?detector=one"), SeriesPage);
    return items.find(({ entity }) => entity === "own")?.warmUp?.rowsNeeded;
  };

  it("are those that the window lacks", async () => {
    expect(await needed(4, "skip", [1, 2, 3])).toBe(1);
  });

  it("are all of a window after a row that was left out", async () => {
    expect(await needed(4, "skip", [1, 2, 3, null, 5])).toBe(3);
  });

  it("under `linear` are as many as push an unknown row out", async () => {
    // The window is [·, 2, 3, ·]: the gap is filled only by a later row, and is the window's last.
    expect(await needed(4, "linear", [1, 2, 3, null])).toBe(4);
  });
});

import { putArtifact } from "@tidewatch/core/runs/artifacts";
import { logMetrics } from "@tidewatch/core/runs/metrics";
import { createRun, endRun } from "@tidewatch/core/runs/runs";
import { putDetector } from "@tidewatch/core/store/detectors";
import { ExperimentList, MetricPage, RunDocument, RunPage } from "@tidewatch/functions/api/schemas/runs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { detector } from "../support/scoring.ts";
import { bodyOf, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
const ids: string[] = [];
beforeAll(async () => {
  api = startApi();
  const inputs = [{ name: "web", digest: "a".repeat(64), sourceType: "tidewatch", source: "{}", tags: {} }];
  for (const at of [0, 1, 2]) {
    const params = { ridge: `0.${at}` };
    const id = await createRun(api.ports, { experiment: "web", name: `run ${at}`, startMs: 1000 + at, params, inputs });
    const points = [0, 1, 2].map((step) => ({ key: "f/1", value: at + step / 10, step, timestampMs: 2000 + step }));
    await logMetrics(api.ports, id, [...points, { key: "bad", value: Number.NaN, timestampMs: 1 }]);
    ids.push(id);
  }
  await endRun(api.ports, ids[0]!, { status: "FAILED", endMs: 5000 });
  await logMetrics(api.ports, ids[0]!, [
    { key: "up", value: Number.POSITIVE_INFINITY, timestampMs: 1 },
    { key: "down", value: Number.NEGATIVE_INFINITY, timestampMs: 1 },
  ]);
  await putArtifact(api.ports, ids[0]!, "model/model.onnx", new Uint8Array([1]));
});
afterAll(() => api.stop());

const get = (path: string) => api.app.request(path);

describe("/v1/runs", () => {
  test("lists the runs of an experiment, the latest first, page by page", async () => {
    const first = await bodyOf(await get("/v1/runs?experiment=web&limit=2"), RunPage);
    expect(first.items.map(({ name }) => name)).toEqual(["run 2", "run 1"]);
    const rest = await bodyOf(await get(`/v1/runs?experiment=web&limit=2&cursor=${first.cursor}`), RunPage);
    expect(rest).toMatchObject({ cursor: null, items: [{ name: "run 0", status: "FAILED", endMs: 5000 }] });
  });

  test("gives those that a filter wants, and says what is wrong with one", async () => {
    const filter = encodeURIComponent("metrics.`f/1` > 1 AND params.ridge != '0.2'");
    const page = await bodyOf(await get(`/v1/runs?experiment=web&filter=${filter}`), RunPage);
    expect(page.items.map(({ name }) => name)).toEqual(["run 1"]);
    const problem = await problemOf(await get("/v1/runs?experiment=web&filter=a"));
    expect([problem.code, problem.detail]).toEqual(["VALIDATION", expect.stringMatching(/^Invalid filter/)]);
    expect(await problemOf(await get("/v1/runs?experiment=none"))).toMatchObject({ status: 404, detail: /lists them/ });
    await putDetector(api.ports.table, detector({ id: "new" }), undefined);
    const untrained = await problemOf(await get("/v1/runs?experiment=new"));
    expect(untrained).toMatchObject({ status: 404, detail: /"new" yet: the detector's first retraining makes it/ });
    expect((await problemOf(await get(`/v1/runs?experiment=${"long".repeat(100)}`))).code).toBe("NOT_FOUND");
    expect((await problemOf(await get("/v1/runs?experiment=web&cursor=x"))).code).toBe("VALIDATION");
  });

  test("ends a page where an answer would be too large, and goes on from there", async () => {
    const long = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`p${at}`, "x".repeat(6000)]));
    for (let at = 0; at < 12; at++) {
      await createRun(api.ports, { experiment: "long", name: `${at}`, startMs: at, params: long });
    }
    const names: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const path: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const page: RunPage = await bodyOf(await get(`/v1/runs?experiment=long${path}`), RunPage);
      names.push(...page.items.map(({ name }) => name));
      cursor = page.cursor;
    }
    expect(names).toEqual(["11", "10", "9", "8", "7", "6", "5", "4", "3", "2", "1", "0"]);
  });

  test("shows one with all that it logged", async () => {
    expect(await bodyOf(await get(`/v1/runs/${ids[0]}`), RunDocument)).toMatchObject({
      metrics: {
        bad: { value: "NaN" },
        up: { value: "Infinity" },
        down: { value: "-Infinity" },
        "f/1": { value: 0.2 },
      },
      inputs: [{ digest: "a".repeat(64) }],
      artifacts: [{ path: "model", isFolder: true }],
    });
    expect((await problemOf(await get("/v1/runs/none"))).code).toBe("NOT_FOUND");
  });

  test("gives the points of a metric", async () => {
    const path = `/v1/runs/${ids[1]}/metric?name=f%2F1&limit=2`;
    const first = await bodyOf(await get(path), MetricPage);
    const rest = await bodyOf(await get(`${path}&cursor=${first.cursor}`), MetricPage);
    expect([...first.items, ...rest.items].map(({ step }) => step)).toEqual([0, 1, 2]);
    expect(rest.cursor).toBeNull();
  });
});

test("/v1/experiments lists them by name", async () => {
  const { items } = await bodyOf(await get("/v1/experiments"), ExperimentList);
  expect(items.map(({ name }) => name)).toEqual(["Default", "long", "web"]);
});

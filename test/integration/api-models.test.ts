import { readFileSync } from "node:fs";
import { Manifest } from "@tidewatch/core/model/manifest";
import { createApi } from "@tidewatch/functions/api/create-api";
import { ImportedModel, ModelDocument, ModelPage, Promotion } from "@tidewatch/functions/api/schemas/models";
import { noExaminer } from "@tidewatch/functions/lambda/no-examiner";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sklearnClassifier, sklearnRegressor } from "../support/onnx/sklearn.ts";
import { bodyOf, json, NOW_MS, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
beforeAll(async () => {
  api = startApi();
  for (const id of ["host", "other"]) await put({ id, features, model: { family: "onnx" } });
  await put({ id: "online", features: features.slice(0, 1) });
});
afterAll(() => api.stop());

const features = [{ metric: "a" }, { metric: "b" }];
const put = async (detector: { id: string; features: object[]; model?: object }) => {
  const response = await api.app.request(`/v1/detectors/${detector.id}`, { method: "PUT", ...json(detector) });
  expect(response.ok).toBe(true);
};
const post = (path: string, body: unknown, headers = {}, app = api.app) =>
  app.request(path, { method: "POST", ...json(body, headers) });
const base64 = (onnx: Uint8Array) => Buffer.from(onnx).toString("base64");
const reference = { rows: Array.from({ length: 100 }, (_, row) => [row % 11, row % 7]) };
const regressor = {
  manifest: { features: ["a", "b"], higherIsAnomalous: true },
  onnx: base64(sklearnRegressor([1, 1], 0)),
  reference,
};

describe("models over HTTP", () => {
  test("one is imported, shown, promoted, replaced and rolled back", async () => {
    const imported = await post("/v1/models/host/versions", regressor);
    expect([imported.status, imported.headers.get("location")]).toEqual([201, "/v1/models/host/versions/1"]);
    const report = await bodyOf(imported, ImportedModel.strict());
    expect(report).toMatchObject({ name: "host", version: 1, output: "variable", outputIs: "score", promoted: false });
    const manifest = await bodyOf(await api.app.request("/v1/models/host/versions/1"), Manifest);
    expect(manifest).toMatchObject({ family: "onnx", trainingRows: 100, onnxSha256: report.onnxSha256 });

    const onnx = base64(
      sklearnClassifier({ columns: 2, labels: [0, 1], zipMap: true, threshold: 3, below: 0.1, above: 0.7 }),
    );
    const classifier = { manifest: { detector: "host", features: ["a", "b"] }, onnx, reference, promote: true };
    const second = await bodyOf(await post("/v1/models/host/versions", classifier), ImportedModel.strict());
    expect(second).toMatchObject({ version: 2, outputIs: "probabilities", positiveClass: 1, promoted: true });
    const promoted = await post("/v1/models/host/promote", { version: 1 });
    expect([promoted.status, await bodyOf(promoted, Promotion)]).toEqual([200, { version: 1 }]);
    expect(await bodyOf(await post("/v1/models/host/promote", { version: "previous" }), Promotion)).toEqual({
      version: 2,
    });

    expect(await bodyOf(await api.app.request("/v1/models/host"), ModelDocument.strict())).toEqual({
      name: "host",
      champion: { version: 2, sinceMs: NOW_MS },
      previous: { version: 1, sinceMs: NOW_MS },
      aliases: {
        champion: { version: 2, sinceMs: NOW_MS },
        previous: { version: 1, sinceMs: NOW_MS },
      },
      versions: [2, 1].map((version) => ({ version, createdAtMs: NOW_MS, trainingRows: 100 })),
    });
  });

  test("the model that is in use answers predictions", async () => {
    const rows = [
      [0, 0],
      [9, 0],
    ].map(([a, b]) => ({ a, b }));
    const response = await post("/v1/predict", { detector: "host", rows });
    expect(response.status).toBe(200);
    const { results } = (await response.json()) as { results: { score: number }[] };
    expect(results[1]!.score).toBeGreaterThan(results[0]!.score);
  });

  test("they are listed by detector, page by page", async () => {
    const first = await bodyOf(await api.app.request("/v1/models?limit=2"), ModelPage);
    expect(first.items).toMatchObject([
      { name: "host", family: "onnx", champion: { version: 2 }, previous: { version: 1 }, newest: 2 },
      { name: "online", family: "stream", champion: null, previous: null, newest: null },
    ]);
    const cursor = encodeURIComponent(first.cursor!);
    const rest = await bodyOf(await api.app.request(`/v1/models?limit=2&cursor=${cursor}`), ModelPage);
    expect([rest.items.map(({ name }) => name), rest.cursor]).toEqual([["other"], null]);
    expect(await problemOf(await api.app.request("/v1/models?cursor=x"))).toMatchObject({ code: "VALIDATION" });
  });

  test("a repeat under one idempotency key imports once", async () => {
    const headers = { "idempotency-key": "once" };
    const versions: number[] = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      versions.push((await bodyOf(await post("/v1/models/other/versions", regressor, headers), ImportedModel)).version);
    }
    expect(versions).toEqual([1, 1]);
  });

  test.each<[string, string, object, number, RegExp]>([
    ["an unknown detector", "nobody", {}, 404, /no detector "nobody"/],
    [
      "the manifest of another detector",
      "host",
      { manifest: { detector: "other", features: ["a"] } },
      422,
      /"other", the path for "host"/,
    ],
    ["other features", "host", { manifest: { features: ["b", "a"] } }, 422, /They must be the same/],
    ["a detector that learns row by row", "online", {}, 409, /set its "model"/],
    ["no direction", "host", { manifest: { features: ["a", "b"] } }, 422, /"higherIsAnomalous"/],
    ["a file of another kind", "host", { onnx: base64(Uint8Array.of(0x50, 0x4b, 3, 4)) }, 422, /zip archive/],
    ["a file of nothing", "host", { onnx: "AAAA" }, 422, /This is no ONNX file/],
    ["no reference", "host", { reference: undefined }, 422, /--reference/],
    ["a key that is unknown", "host", { manifest: { features: ["a", "b"], shingles: 2 } }, 422, /breaks a rule/],
    ["no base64", "host", { onnx: "####" }, 422, /breaks a rule/],
    ["timestamps that are missing", "host", { reference: { ...reference, timestampsMs: [1] } }, 422, /breaks a rule/],
  ])("refuses %s", async (_what, name, changes, status, detail) => {
    const response = await post(`/v1/models/${name}/versions`, { ...regressor, ...changes });
    expect(response.status).toBe(status);
    expect((await problemOf(response)).detail).toMatch(detail);
  });

  test("a model that is not there is not found, and none is promoted that is not", async () => {
    expect((await api.app.request("/v1/models/online")).status).toBe(404);
    expect((await api.app.request("/v1/models/host/versions/99")).status).toBe(404);
    expect((await api.app.request("/v1/models/host/versions/x")).status).toBe(422);
    expect((await post("/v1/models/host/promote", { version: 99 })).status).toBe(404);
    expect((await post("/v1/models/online/promote", { version: 1 })).status).toBe(409);
    expect((await post("/v1/models/other/promote", { version: "previous" })).status).toBe(409);
    expect((await post("/v1/models/other/promote", { version: "newest" })).status).toBe(422);
  });

  test("a request that is too large says where a large model goes", async () => {
    const response = await post("/v1/models/host/versions", { ...regressor, onnx: "A".repeat(11_000_000) });
    expect(await problemOf(response)).toMatchObject({
      code: "TOO_LARGE",
      detail: expect.stringContaining("--directory"),
    });
    const wrong = await api.app.request("/v1/models/host/versions", { method: "POST", body: "{}" });
    expect(await problemOf(wrong)).toMatchObject({ code: "UNSUPPORTED_MEDIA_TYPE" });
  });

  test("what PyTorch wrote in training mode is found out", async () => {
    const onnx = base64(readFileSync(new URL("../fixtures/pytorch/training-mode.onnx", import.meta.url)));
    await put({ id: "three", features: [...features, { metric: "c" }], model: { family: "onnx" } });
    const rows = reference.rows.map((row) => [...row, row[0]! + row[1]!]);
    const manifest = { features: ["a", "b", "c"], higherIsAnomalous: true };
    const response = await post("/v1/models/three/versions", { manifest, onnx, reference: { rows } });
    expect((await problemOf(response)).detail).toMatch(/depends on the rows beside it.*model\.eval\(\)/);
  });

  test("a function takes none, and says how else", async () => {
    const deployed = createApi({ ...api.ports, examine: noExaminer });
    const response = await post("/v1/models/host/versions", regressor, {}, deployed);
    expect(await problemOf(response)).toMatchObject({
      code: "CONFLICT",
      detail: expect.stringContaining("--table TABLE"),
    });
  });
});

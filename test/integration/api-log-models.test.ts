import { definitionHash } from "@tidewatch/core/log/definition";
import { getDetector, putDetector } from "@tidewatch/core/store/detectors";
import { ImportedLogModel } from "@tidewatch/functions/api/schemas/log-models";
import { ModelDocument } from "@tidewatch/functions/api/schemas/models";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blockModel, blocks } from "../support/log-model.ts";
import { detector } from "../support/scoring.ts";
import { bodyOf, json, NOW_MS, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
let order: { manifest: object; files: Record<string, string> };
beforeAll(async () => {
  api = startApi();
  for (const one of [blocks, detector({ id: "host", model: { family: "onnx" } })]) {
    await putDetector(api.ports.table, one, undefined);
  }
  const { manifest, files } = await blockModel();
  const encoded = Object.entries(files).map(([file, bytes]) => [file, Buffer.from(bytes).toString("base64")]);
  order = { manifest, files: Object.fromEntries(encoded) };
});
afterAll(() => api.stop());

const post = (path: string, body: unknown) => api.app.request(path, { method: "POST", ...json(body) });
const importTo = (name: string, body: unknown) => post(`/v1/models/${name}/log-versions`, body);

describe("models of log sessions over HTTP", () => {
  test("one is imported, shown, promoted, replaced and rolled back", async () => {
    const imported = await importTo("hdfs", order);
    expect([imported.status, imported.headers.get("location")]).toEqual([201, "/v1/models/hdfs/versions/1"]);
    expect(await bodyOf(imported, ImportedLogModel.strict())).toMatchObject({
      ...{ name: "hdfs", version: 1, trainingSessions: 54, decidedBy: "labels", promoted: false },
    });
    const shown = await (await api.app.request("/v1/models/hdfs/versions/1")).json();
    expect(shown).toMatchObject({ family: "log-sessions", source: "file", name: "hdfs", metrics: { templates: 3 } });
    expect((await importTo("hdfs", { ...order, promote: true })).status).toBe(201);
    expect((await post("/v1/models/hdfs/promote", { version: 1 })).status).toBe(200);
    expect(await (await post("/v1/models/hdfs/promote", { version: "previous" })).json()).toEqual({ version: 2 });
    expect(await bodyOf(await api.app.request("/v1/models/hdfs"), ModelDocument.strict())).toEqual({
      name: "hdfs",
      champion: { version: 2, sinceMs: NOW_MS },
      previous: { version: 1, sinceMs: NOW_MS },
      aliases: { champion: { version: 2, sinceMs: NOW_MS }, previous: { version: 1, sinceMs: NOW_MS } },
      versions: [2, 1].map((version) => ({ version, createdAtMs: 77, trainingRows: 54 })),
    });
  });

  test("what is no model, or for another detector, is refused", async () => {
    const refused = async (name: string, body: unknown) => await problemOf(await importTo(name, body));
    expect(await refused("nobody", order)).toMatchObject({ code: "NOT_FOUND" });
    expect(await refused("host", order)).toMatchObject({ code: "CONFLICT" });
    expect(await refused("hdfs", { ...order, manifest: { family: "log-sessions" } })).toMatchObject({
      ...{ code: "VALIDATION", detail: expect.stringContaining("The manifest is no manifest of a log model") },
    });
    const files = { ...order.files, "forest.bin": "AAAA" };
    expect(await refused("hdfs", { ...order, files })).toMatchObject({
      ...{ code: "VALIDATION", detail: expect.stringContaining("forest.bin of the model does not have the sha256") },
    });
    expect(await refused("hdfs", { ...order, files: { "templates.bin": "?" } })).toMatchObject({ code: "VALIDATION" });
    const onnx = { manifest: { features: ["a"], higherIsAnomalous: true }, onnx: "AAAA" };
    expect(await problemOf(await post("/v1/models/hdfs/versions", onnx))).toMatchObject({ code: "CONFLICT" });
  });

  test("a version is of the detector as it was at the import, and of no other one", async () => {
    const { version } = await bodyOf(await importTo("hdfs", order), ImportedLogModel.strict());
    const shown = await (await api.app.request(`/v1/models/hdfs/versions/${version}`)).json();
    expect(shown).toMatchObject({ definition: definitionHash(blocks), unreadableItems: 0 });
    const changed = { ...blocks, session: { ...blocks.session, key: { pattern: "task_\\d+" } } };
    expect((await api.app.request("/v1/detectors/hdfs", { method: "PUT", ...json(changed) })).status).toBe(200);
    expect(await problemOf(await post("/v1/models/hdfs/promote", { version }))).toMatchObject({
      ...{ code: "CONFLICT", detail: expect.stringContaining("made for another match, format or session") },
    });
    expect((await importTo("hdfs", { ...order, promote: true })).status).toBe(201);
    expect((await post("/v1/models/hdfs/promote", { version: version + 1 })).status).toBe(200);
  });

  test("a version of the other kind of detector is not put into use", async () => {
    await importTo("hdfs", order);
    const stored = await getDetector(api.ports.table, "hdfs");
    await putDetector(api.ports.table, detector({ id: "hdfs", model: { family: "onnx" } }), stored?.version);
    expect(await problemOf(await post("/v1/models/hdfs/promote", { version: 1 }))).toMatchObject({
      ...{ code: "CONFLICT", detail: expect.stringContaining("is of the model family log-sessions") },
    });
  });
});

import { Detector } from "@tidewatch/core/detector";
import { promote, registerFiles, reserveVersion } from "@tidewatch/core/register/models";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostDetector, json, startApi, type TestApi } from "./api-harness.ts";
import { mlflowClient, proxyPath } from "./mlflow-client.ts";

let api: TestApi;
let client: ReturnType<typeof mlflowClient>;
beforeAll(() => {
  api = startApi();
  client = mlflowClient(api);
});
afterAll(() => api.stop());

describe("a detector's model", () => {
  const registerOwn = async (name: string) => {
    const version = await reserveVersion(api.ports, name);
    const about = { name, version, trainedAtMs: 5, trainingRows: 9, runId: "abc" };
    await registerFiles(api.ports, about, { "model.onnx": new Uint8Array([1]), "manifest.json": new Uint8Array([2]) });
    return version;
  };

  test("is seen with its versions, files and aliases, and cannot be broken from here", async () => {
    await api.app.request("/v1/detectors", { method: "POST", ...json(Detector.parse(hostDetector)) });
    const create = { name: "host", source: "mlflow-artifacts:/runs/x/artifacts" };
    expect((await client.call("POST", "mlflow/model-versions/create", create)).status).toBe(404);
    const own = await registerOwn("host");
    await promote(api.ports, "host", own, 7, { by: "training", reason: "first" });
    const model = (await client.ok("GET", "mlflow/registered-models/get", { name: "host" })).registered_model;
    expect(model).toMatchObject({
      ...{ creation_timestamp: 5, aliases: [{ alias: "champion", version: "1" }] },
      latest_versions: [{ version: "1", run_id: "abc", source: "mlflow-artifacts:/models/host/1" }],
    });
    const { artifact_uri } = await client.ok("GET", "mlflow/model-versions/get-download-uri", {
      name: "host",
      version: "1",
    });
    expect(await client.ok("GET", "mlflow-artifacts/artifacts", { path: "models/host/1" })).toEqual({
      files: [
        { path: "manifest.json", is_dir: false },
        { path: "model.onnx", is_dir: false },
      ],
    });
    const onnx = await client.bytes("GET", `${proxyPath(artifact_uri)}/model.onnx`);
    expect(new Uint8Array(await onnx.arrayBuffer())).toEqual(new Uint8Array([1]));
    expect((await client.bytes("PUT", `${proxyPath(artifact_uri)}/model.onnx`, "x")).status).toBe(403);
    // A version whose files are elsewhere is listed, but no scorer's.
    expect((await client.ok("POST", "mlflow/model-versions/create", create)).model_version.version).toBe("2");
    expect((await client.bytes("GET", "/api/2.0/mlflow-artifacts/artifacts/models/host/2/a")).status).toBe(404);
    const v1 = await api.app.request("/v1/models/host");
    expect(((await v1.json()) as { versions: object[] }).versions).toHaveLength(1);
    const refused = async (method: string, path: string, message: Record<string, unknown>) => {
      const { status, body } = await client.call(method, `mlflow/${path}`, { name: "host", ...message });
      expect([status, body.error_code], path).toEqual([400, "INVALID_PARAMETER_VALUE"]);
      return body.message;
    };
    expect(await refused("POST", "registered-models/alias", { alias: "champion", version: "2" })).toMatch(
      /no files here/,
    );
    expect(await refused("POST", "registered-models/alias", { alias: "latest", version: "1" })).toMatch(
      /cannot be an alias/,
    );
    expect(await refused("DELETE", "registered-models/alias", { alias: "champion" })).toMatch(/promote another/);
    expect(await refused("DELETE", "registered-models/delete", {})).toMatch(/model of a detector/);
    expect(await refused("DELETE", "model-versions/delete", { version: "1" })).toMatch(/trained or imported here/);
    expect(await client.call("POST", "mlflow/registered-models/rename", { name: "host", new_name: "x" })).toMatchObject(
      {
        status: 400,
      },
    );
    await client.ok("POST", "mlflow/registered-models/alias", { name: "host", alias: "mine", version: "2" });
    expect(await refused("DELETE", "model-versions/delete", { version: "2" })).toMatch(/is mine: take the alias away/);
    await client.ok("PATCH", "mlflow/registered-models/update", { name: "host", description: "of the hosts" });
    expect((await client.ok("GET", "mlflow/registered-models/get", { name: "host" })).registered_model).toMatchObject({
      ...{ description: "of the hosts", creation_timestamp: 5 },
    });
    expect(await refused("POST", "registered-models/alias", { alias: "previous", version: "1" })).toMatch(/promotions/);
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NOW_MS, startApi, type TestApi } from "./api-harness.ts";
import { mlflowClient, proxyPath } from "./mlflow-client.ts";

let api: TestApi;
let client: ReturnType<typeof mlflowClient>;
beforeAll(() => {
  api = startApi();
  client = mlflowClient(api);
});
afterAll(() => api.stop());

const createRun = async () =>
  (await client.ok("POST", "mlflow/runs/create", { experiment_id: "0", start_time: 1 })).run.info;

describe("register_model and models:/name@champion, as a 2.x client does it", () => {
  test("the whole sequence", async () => {
    const { run_id, artifact_uri } = await createRun();
    await client.bytes("PUT", `${proxyPath(artifact_uri)}/model/MLmodel`, "flavors: {}");
    // register_model("runs:/…/model", "wine"): makes the model unless it is there, and a version of it.
    const create = { name: "wine" };
    const made = await client.ok("POST", "mlflow/registered-models/create", create);
    expect(made).toEqual({
      registered_model: { name: "wine", creation_timestamp: NOW_MS, last_updated_timestamp: NOW_MS, description: "" },
    });
    expect(await client.call("POST", "mlflow/registered-models/create", create)).toMatchObject({
      status: 400,
      body: { error_code: "RESOURCE_ALREADY_EXISTS", message: "Registered Model (name=wine) already exists." },
    });
    const version = { name: "wine", source: `${artifact_uri}/model`, run_id, tags: [{ key: "a", value: "1" }] };
    const { model_version } = await client.ok("POST", "mlflow/model-versions/create", version);
    expect(model_version).toEqual({
      ...{ name: "wine", version: "1", creation_timestamp: NOW_MS, last_updated_timestamp: NOW_MS },
      ...{ current_stage: "None", description: "", source: `${artifact_uri}/model`, run_id, status: "READY" },
      tags: [{ key: "a", value: "1" }],
    });
    // The client waits until the version is READY.
    expect(await client.ok("GET", "mlflow/model-versions/get", { name: "wine", version: "1" })).toEqual({
      model_version,
    });
    // set_registered_model_alias, then mlflow.artifacts.download_artifacts("models:/wine@champion")
    const alias = { name: "wine", alias: "champion", version: "1" };
    expect(await client.ok("POST", "mlflow/registered-models/alias", alias)).toEqual({});
    const found = await client.ok("GET", "mlflow/registered-models/alias", { name: "wine", alias: "champion" });
    expect(found.model_version).toMatchObject({ version: "1", aliases: ["champion"] });
    const asked = { name: "wine", version: "1" };
    const uri = (await client.ok("GET", "mlflow/model-versions/get-download-uri", asked)).artifact_uri as string;
    const path = proxyPath(uri).slice("/api/2.0/mlflow-artifacts/artifacts/".length);
    expect(await client.ok("GET", "mlflow-artifacts/artifacts", { path })).toEqual({
      files: [{ path: "MLmodel", is_dir: false }],
    });
    expect(await (await client.bytes("GET", `${proxyPath(uri)}/MLmodel`)).text()).toBe("flavors: {}");
    expect(await client.ok("GET", "mlflow/registered-models/get", { name: "wine" })).toMatchObject({
      registered_model: { aliases: [{ alias: "champion", version: "1" }], latest_versions: [{ version: "1" }] },
    });
    // models:/wine/latest
    const latest = await client.ok("POST", "mlflow/registered-models/get-latest-versions", { name: "wine" });
    expect(latest.model_versions).toHaveLength(1);
    const staged = { name: "wine", stages: ["Production"] };
    expect(await client.ok("GET", "mlflow/registered-models/get-latest-versions", staged)).toEqual({});
    expect(await client.ok("DELETE", "mlflow/registered-models/alias", { name: "wine", alias: "champion" })).toEqual(
      {},
    );
    expect(
      await client.call("GET", "mlflow/registered-models/alias", { name: "wine", alias: "champion" }),
    ).toMatchObject({
      status: 404,
      body: { error_code: "RESOURCE_DOES_NOT_EXIST", message: "Registered model alias champion not found." },
    });
  });

  test("descriptions, tags, renaming, searching, deleting", async () => {
    const source = "mlflow-artifacts:/runs/none/artifacts/m";
    await client.ok("POST", "mlflow/registered-models/create", {
      name: "beer",
      description: "d",
      tags: [{ key: "k", value: "v" }],
    });
    await client.ok("PATCH", "mlflow/registered-models/update", { name: "beer", description: "brewed" });
    await client.ok("POST", "mlflow/registered-models/set-tag", { name: "beer", key: "l", value: "w" });
    await client.ok("DELETE", "mlflow/registered-models/delete-tag", { name: "beer", key: "k" });
    for (let at = 0; at < 3; at++) await client.ok("POST", "mlflow/model-versions/create", { name: "beer", source });
    await client.ok("PATCH", "mlflow/model-versions/update", { name: "beer", version: "2", description: "two" });
    await client.ok("POST", "mlflow/model-versions/set-tag", { name: "beer", version: "2", key: "a", value: "1" });
    await client.ok("POST", "mlflow/model-versions/set-tag", { name: "beer", version: "2", key: "b", value: "2" });
    await client.ok("DELETE", "mlflow/model-versions/delete-tag", { name: "beer", version: "2", key: "b" });
    const renamed = await client.ok("POST", "mlflow/registered-models/rename", { name: "beer", new_name: "ale" });
    expect(renamed.registered_model).toMatchObject({
      name: "ale",
      description: "brewed",
      tags: [{ key: "l", value: "w" }],
    });
    const versions = async (message: Record<string, unknown>) =>
      (
        (await client.ok("GET", "mlflow/model-versions/search", { max_results: 100, ...message })).model_versions ?? []
      ).map(({ version }: { version: string }) => version);
    expect(await versions({ filter: "name='ale'", order_by: ["version_number ASC"] })).toEqual(["1", "2", "3"]);
    expect(await versions({ filter: "name = 'ale' AND tags.a = '1'" })).toEqual(["2"]);
    expect(await versions({ filter: "name = 'beer'" })).toEqual([]);
    expect(await versions({ filter: "source_path LIKE '%/m' AND version_number > 1" })).toEqual(["3", "2"]);
    await client.ok("DELETE", "mlflow/model-versions/delete", { name: "ale", version: "3" });
    expect(
      (await client.ok("POST", "mlflow/model-versions/create", { name: "ale", source })).model_version.version,
    ).toBe("4");
    const names = async (message: Record<string, unknown>) =>
      ((await client.ok("GET", "mlflow/registered-models/search", message)).registered_models ?? []).map(
        ({ name }: { name: string }) => name,
      );
    expect(await names({ filter: "name ILIKE 'AL%'", max_results: 10 })).toEqual(["ale"]);
    expect(await names({ order_by: ["name DESC"] })).toEqual(["wine", "ale"]);
    expect(await names({ filter: "tags.l = 'w'" })).toEqual(["ale"]);
    await client.ok("DELETE", "mlflow/registered-models/delete", { name: "ale" });
    expect(await names({})).toEqual(["wine"]);
    await client.ok("POST", "mlflow/registered-models/create", { name: "ale" });
    expect(
      (await client.ok("POST", "mlflow/model-versions/create", { name: "ale", source })).model_version.version,
    ).toBe("1");
  });

  test("stages are gone, and say what there is instead", async () => {
    const message = { name: "wine", version: "1", stage: "Production", archive_existing_versions: false };
    expect(await client.call("POST", "mlflow/model-versions/transition-stage", message)).toMatchObject({
      status: 400,
      body: { error_code: "INVALID_PARAMETER_VALUE", message: expect.stringContaining("alias instead") },
    });
    const none = await client.ok("POST", "mlflow/model-versions/transition-stage", { ...message, stage: "None" });
    expect(none.model_version.current_stage).toBe("None");
  });
});

describe("log_model, as a 3.x client does it", () => {
  test("the whole sequence: a logged model, its files, its registration, its download", async () => {
    const { run_id } = await createRun();
    const created = await client.ok("POST", "mlflow/logged-models", {
      ...{ experiment_id: "0", name: "forest", model_type: "", source_run_id: run_id },
      ...{ params: [{ key: "trees", value: "100" }], tags: [{ key: "mlflow.user", value: "ann" }] },
    });
    const { model_id, artifact_uri } = created.model.info;
    expect(created.model).toEqual({
      info: {
        ...{ model_id, experiment_id: "0", name: "forest", model_type: "", source_run_id: run_id, artifact_uri },
        ...{ creation_timestamp_ms: NOW_MS, last_updated_timestamp_ms: NOW_MS, status: "LOGGED_MODEL_PENDING" },
        tags: [{ key: "mlflow.user", value: "ann" }],
      },
      data: { params: [{ key: "trees", value: "100" }] },
    });
    const path = `mlflow/logged-models/${model_id}`;
    await client.ok("POST", "mlflow/runs/outputs", { run_id, models: [{ model_id, step: 0 }] });
    await client.bytes("PUT", `${proxyPath(artifact_uri)}/MLmodel`, "flavors: {}");
    await client.bytes("PUT", `${proxyPath(artifact_uri)}/data/model.onnx`, "onnx");
    const ready = await client.ok("PATCH", path, { model_id, status: "LOGGED_MODEL_READY" });
    expect(ready.model.info.status).toBe("LOGGED_MODEL_READY");
    await client.ok("POST", `${path}/params`, { model_id, params: [{ key: "depth", value: "8" }] });
    await client.ok("PATCH", `${path}/tags`, { tags: [{ key: "k/1", value: "v" }] });
    await client.ok("DELETE", `${path}/tags/mlflow.user`);
    const metric = {
      key: "auc",
      value: 0.9,
      timestamp: 5,
      step: 1,
      model_id,
      dataset_name: "test",
      dataset_digest: "d",
    };
    await client.ok("POST", "mlflow/runs/log-metric", { run_id, run_uuid: run_id, ...metric });
    const read = await client.ok("GET", path);
    expect(read.model.data).toEqual({
      params: [
        { key: "trees", value: "100" },
        { key: "depth", value: "8" },
      ],
      metrics: [{ ...metric, run_id }],
    });
    expect((await client.ok("GET", "mlflow/runs/get", { run_id })).run.outputs).toEqual({
      model_outputs: [{ model_id, step: 0 }],
    });
    expect(await client.ok("GET", `${path}/artifacts/directories`)).toEqual({
      root_uri: artifact_uri,
      files: [
        { path: "MLmodel", is_dir: false },
        { path: "data", is_dir: true },
      ],
    });
    const below = await client.ok("GET", `${path}/artifacts/directories`, { artifact_directory_path: "data" });
    expect(below.files).toEqual([{ path: "data/model.onnx", is_dir: false }]);
    // register_model(f"models:/{model_id}", "three")
    await client.ok("POST", "mlflow/registered-models/create", { name: "three" });
    const version = { name: "three", source: `models:/${model_id}`, run_id: "", model_id };
    const { model_version } = await client.ok("POST", "mlflow/model-versions/create", version);
    expect(model_version).toMatchObject({ version: "1", model_id, run_id, source: `models:/${model_id}` });
    const asked = { name: "three", version: "1" };
    expect(await client.ok("GET", "mlflow/model-versions/get-download-uri", asked)).toEqual({ artifact_uri });
    // search_logged_models
    const search = { experiment_ids: ["0"], filter: "metrics.auc > 0.5 AND params.trees = '100'", max_results: 50 };
    const order_by = [{ field_name: "metrics.auc", ascending: false }];
    const found = await client.ok("POST", "mlflow/logged-models/search", { ...search, order_by });
    expect(found.models).toHaveLength(1);
    const none = { ...search, filter: "name = 'forest' AND tags.none = 'x'" };
    expect(await client.ok("POST", "mlflow/logged-models/search", none)).toEqual({});
    await client.ok("DELETE", path, { model_id });
    expect((await client.call("GET", path)).body).toMatchObject({ error_code: "RESOURCE_DOES_NOT_EXIST" });
    expect((await client.call("GET", "mlflow/logged-models/m-1")).status).toBe(404);
  });
});

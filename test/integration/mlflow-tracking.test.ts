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

/** A run as `MlflowClient.create_run` makes it. */
const createRun = async (experimentId = "0", tags: { key: string; value: string }[] = []) => {
  const message = {
    experiment_id: experimentId,
    user_id: "ann",
    start_time: 1_700_000_000_000,
    tags,
    run_name: "calm-cat-1",
  };
  return (await client.ok("POST", "mlflow/runs/create", message)).run;
};

describe("set_experiment, start_run, log_param, log_metric, set_tag, end_run", () => {
  test("the whole sequence, as clients 2.x and 3.x send it", async () => {
    // set_experiment("web"): looks for the name, makes it, reads it.
    expect(await client.call("GET", "mlflow/experiments/get-by-name", { experiment_name: "web" })).toMatchObject({
      status: 404,
      body: { error_code: "RESOURCE_DOES_NOT_EXIST", message: "Could not find experiment with name 'web'" },
    });
    const { experiment_id } = await client.ok("POST", "mlflow/experiments/create", { name: "web" });
    expect(await client.ok("GET", "mlflow/experiments/get", { experiment_id })).toEqual({
      experiment: {
        ...{ experiment_id, name: "web", artifact_location: `mlflow-artifacts:/experiments/${experiment_id}` },
        ...{ lifecycle_stage: "active", creation_time: NOW_MS, last_update_time: NOW_MS },
      },
    });
    // start_run(run_name="calm-cat-1")
    const tags = [
      { key: "mlflow.user", value: "ann" },
      { key: "mlflow.source.name", value: "train.py" },
      { key: "mlflow.source.type", value: "LOCAL" },
      { key: "mlflow.runName", value: "calm-cat-1" },
    ];
    const run = await createRun(experiment_id, tags);
    const { run_id } = run.info;
    expect(run).toEqual({
      info: {
        ...{ run_id, run_uuid: run_id, run_name: "calm-cat-1", experiment_id, user_id: "ann", status: "RUNNING" },
        ...{ start_time: 1_700_000_000_000, artifact_uri: `mlflow-artifacts:/runs/${run_id}/artifacts` },
        lifecycle_stage: "active",
      },
      data: { tags: expect.arrayContaining(tags) },
      ...{ inputs: {}, outputs: {} },
    });
    expect(run_id).toMatch(/^[0-9a-f]{32}$/);
    // log_param, log_metric, set_tag, log_metrics and log_params (log-batch)
    const at = { run_uuid: run_id, run_id };
    expect(await client.ok("POST", "mlflow/runs/log-parameter", { ...at, key: "trees", value: "100" })).toEqual({});
    const metric = { key: "rmse", value: 0.5, timestamp: 1_700_000_000_100, step: 0 };
    expect(await client.ok("POST", "mlflow/runs/log-metric", { ...at, ...metric })).toEqual({});
    expect(await client.ok("POST", "mlflow/runs/set-tag", { ...at, key: "team", value: "sre" })).toEqual({});
    const batch = {
      run_id,
      metrics: [
        { key: "rmse", value: 0.25, timestamp: "1700000000200", step: "1" },
        { key: "bad", value: "NaN", timestamp: 1_700_000_000_200, step: 1 },
        { key: "high", value: "Infinity", timestamp: 1_700_000_000_200 },
      ],
      params: [{ key: "depth", value: "8" }],
      tags: [{ key: "mlflow.note.content", value: "first try" }],
    };
    expect(await client.ok("POST", "mlflow/runs/log-batch", batch)).toEqual({});
    // end_run()
    const ended = { run_uuid: run_id, run_id, status: "FINISHED", end_time: 1_700_000_001_000 };
    expect(await client.ok("POST", "mlflow/runs/update", ended)).toMatchObject({
      run_info: { run_id, status: "FINISHED", end_time: 1_700_000_001_000 },
    });
    const read = await client.ok("GET", "mlflow/runs/get", { run_uuid: run_id, run_id });
    expect(read.run.info).toMatchObject({ status: "FINISHED", end_time: 1_700_000_001_000 });
    expect(read.run.data.params).toEqual([
      { key: "depth", value: "8" },
      { key: "trees", value: "100" },
    ]);
    expect(read.run.data.metrics).toEqual([
      { key: "bad", value: "NaN", timestamp: 1_700_000_000_200, step: 1 },
      { key: "high", value: "Infinity", timestamp: 1_700_000_000_200, step: 0 },
      { key: "rmse", value: 0.25, timestamp: 1_700_000_000_200, step: 1 },
    ]);
    // get_metric_history, which the client asks for page by page
    const history = { run_uuid: run_id, run_id, metric_key: "rmse", max_results: 1 };
    const first = await client.ok("GET", "mlflow/metrics/get-history", history);
    expect(first.metrics).toEqual([{ ...metric, run_id }]);
    const rest = await client.ok("GET", "mlflow/metrics/get-history", {
      ...history,
      page_token: first.next_page_token,
    });
    expect(rest).toEqual({ metrics: [{ key: "rmse", value: 0.25, timestamp: 1_700_000_000_200, step: 1, run_id }] });
  });

  test("log_artifact, list_artifacts, download_artifacts go through the proxy", async () => {
    const { info } = await createRun();
    // log_artifact reads the run for its artifact_uri, and puts the file there.
    const { artifact_uri } = (await client.ok("GET", "mlflow/runs/get", { run_id: info.run_id, run_uuid: info.run_id }))
      .run.info;
    const root = proxyPath(artifact_uri);
    const content = new Uint8Array([0x1f, 0x8b, 0, 255]);
    const put = await client.bytes("PUT", `${root}/model/a%20file.gz`, content, { "content-type": "application/gzip" });
    expect([put.status, await put.json()]).toEqual([200, {}]);
    await client.bytes("PUT", `${root}/notes.txt`, "hello", { "content-type": "text/plain" });
    // list_artifacts: the client of a run asks the proxy, or the tracking API
    const listed = await client.ok("GET", "mlflow-artifacts/artifacts", {
      path: root.split("/artifacts/").slice(1).join("/artifacts/"),
    });
    expect(listed).toEqual({
      files: [
        { path: "model", is_dir: true },
        { path: "notes.txt", is_dir: false },
      ],
    });
    const below = { run_id: info.run_id, run_uuid: info.run_id, path: "model" };
    expect(await client.ok("GET", "mlflow/artifacts/list", below)).toEqual({
      root_uri: artifact_uri,
      files: [{ path: "model/a file.gz", is_dir: false }],
    });
    expect(await client.ok("GET", "mlflow/artifacts/list", { ...below, path: "notes.txt" })).toEqual({
      root_uri: artifact_uri,
    });
    const got = await client.bytes("GET", `${root}/model/a%20file.gz`);
    expect([got.status, new Uint8Array(await got.arrayBuffer())]).toEqual([200, content]);
    expect(got.headers.get("content-disposition")).toBe("attachment");
    expect((await client.bytes("GET", `${root}/none`)).status).toBe(404);
    expect((await client.bytes("DELETE", `${root}/notes.txt`)).status).toBe(501);
  });

  test("log_input, delete_tag, delete_run, restore_run", async () => {
    const { run_id } = (await createRun()).info;
    const dataset = { name: "rows", digest: "f".repeat(36), source_type: "local", source: "{}", schema: "{}" };
    const datasets = [{ tags: [{ key: "mlflow.data.context", value: "training" }], dataset }];
    await client.ok("POST", "mlflow/runs/log-inputs", { run_id, datasets });
    await client.ok("POST", "mlflow/runs/set-tag", { run_id, key: "a", value: "1" });
    await client.ok("POST", "mlflow/runs/delete-tag", { run_id, key: "a" });
    const { run } = await client.ok("GET", "mlflow/runs/get", { run_id });
    expect(run.inputs).toEqual({ dataset_inputs: datasets });
    expect(run.data.tags).toEqual([{ key: "mlflow.runName", value: "calm-cat-1" }]);
    await client.ok("POST", "mlflow/runs/delete", { run_id });
    expect(await client.call("POST", "mlflow/runs/log-parameter", { run_id, key: "a", value: "1" })).toMatchObject({
      status: 400,
      body: { error_code: "INVALID_PARAMETER_VALUE", message: expect.stringContaining("'active' state") },
    });
    await client.ok("POST", "mlflow/runs/restore", { run_id });
    await client.ok("POST", "mlflow/runs/set-tag", { run_id, key: "mlflow.runName", value: "renamed" });
    expect((await client.ok("GET", "mlflow/runs/get", { run_id })).run.info.run_name).toBe("renamed");
    await client.ok("POST", "mlflow/runs/update", { run_id, run_name: "again" });
    expect((await client.ok("GET", "mlflow/runs/get", { run_id })).run.data.tags).toEqual([
      { key: "mlflow.runName", value: "again" },
    ]);
    const model = { artifact_path: "model", flavors: {}, utc_time_created: "2026-11-21 12:00:00", run_id };
    for (let time = 0; time < 2; time++) {
      await client.ok("POST", "mlflow/runs/log-model", { run_id, model_json: JSON.stringify(model) });
    }
    const tags = (await client.ok("GET", "mlflow/runs/get", { run_id })).run.data.tags as {
      key: string;
      value: string;
    }[];
    expect(JSON.parse(tags.find(({ key }) => key === "mlflow.log-model.history")!.value)).toEqual([model, model]);
  });
});

describe("search_runs", () => {
  test("filters, orders and pages, with the very message of the client", async () => {
    const { experiment_id } = await client.ok("POST", "mlflow/experiments/create", { name: "search" });
    for (const value of [3, 1, 2]) {
      const { run_id } = (await createRun(experiment_id, [{ key: "x y", value: "z" }])).info;
      await client.ok("POST", "mlflow/runs/log-metric", { run_id, key: "rmse", value, timestamp: 1, step: 0 });
    }
    const search = {
      experiment_ids: [experiment_id],
      filter: "metrics.rmse < 3 AND tags.`x y` = 'z' AND attributes.status = 'RUNNING'",
      run_view_type: "ACTIVE_ONLY",
      max_results: 1,
      order_by: ["metrics.rmse DESC"],
    };
    const first = await client.ok("POST", "mlflow/runs/search", search);
    const second = await client.ok("POST", "mlflow/runs/search", { ...search, page_token: first.next_page_token });
    const firstValue = (page: typeof first) => page.runs[0].data.metrics[0].value;
    expect([firstValue(first), firstValue(second), second.next_page_token]).toEqual([2, 1, undefined]);
    const none = { experiment_ids: [experiment_id], run_view_type: "DELETED_ONLY", max_results: 1000 };
    expect(await client.ok("POST", "mlflow/runs/search", none)).toEqual({});
    expect((await client.ok("POST", "mlflow/runs/search", { ...none, run_view_type: 3 })).runs).toHaveLength(3);
  });

  test("search_experiments does too, by POST and by GET", async () => {
    const message = {
      max_results: 1000,
      filter: "name LIKE 'sea%'",
      view_type: "ACTIVE_ONLY",
      order_by: ["name DESC"],
    };
    const posted = await client.ok("POST", "mlflow/experiments/search", message);
    expect(posted.experiments.map(({ name }: { name: string }) => name)).toEqual(["search"]);
    expect(await client.ok("GET", "mlflow/experiments/search", message)).toEqual(posted);
    const two = await client.ok("GET", "mlflow/experiments/search", { max_results: 1 });
    expect(two.next_page_token).toBeDefined();
  });
});

describe("experiments", () => {
  test("are renamed, tagged, deleted and restored", async () => {
    const tags = [{ key: "a", value: "1" }];
    const { experiment_id } = await client.ok("POST", "mlflow/experiments/create", { name: "old", tags });
    await client.ok("POST", "mlflow/experiments/update", { experiment_id, new_name: "new" });
    await client.ok("POST", "mlflow/experiments/set-experiment-tag", { experiment_id, key: "b", value: "2" });
    await client.ok("POST", "mlflow/experiments/delete-experiment-tag", { experiment_id, key: "a" });
    await client.ok("POST", "mlflow/experiments/delete", { experiment_id });
    const found = await client.ok("GET", "mlflow/experiments/get-by-name", { experiment_name: "new" });
    expect(found.experiment).toMatchObject({ lifecycle_stage: "deleted", tags: [{ key: "b", value: "2" }] });
    expect(await client.call("POST", "mlflow/experiments/create", { name: "new" })).toMatchObject({
      status: 400,
      body: { error_code: "RESOURCE_ALREADY_EXISTS" },
    });
    await client.ok("POST", "mlflow/experiments/restore", { experiment_id });
    expect((await client.ok("GET", "mlflow/experiments/get", { experiment_id })).experiment.lifecycle_stage).toBe(
      "active",
    );
  });
});

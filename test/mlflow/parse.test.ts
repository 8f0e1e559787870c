import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startApi } from "../integration/api-harness.ts";
import { mlflowClient } from "../integration/mlflow-client.ts";

const hasProtobuf = spawnSync("python3", ["-c", "import google.protobuf"], { stdio: "ignore" }).status === 0;
if (!hasProtobuf)
  process.stderr.write("SKIPPED: no python3 with protobuf here; it has not parsed the API's answers.\n");

/** An answer of each kind, with the name of its message. */
const answers = async (): Promise<[string, unknown][]> => {
  const api = startApi();
  const client = mlflowClient(api);
  const got: [string, unknown][] = [];
  const ask = async (message: string, method: string, path: string, sent?: Record<string, unknown>) => {
    const answer = await client.ok(method, `mlflow/${path}`, sent);
    got.push([message, answer]);
    return answer;
  };
  const tags = [{ key: "a", value: "b" }];
  const { experiment_id } = await ask("ExperimentId", "POST", "experiments/create", { name: "e", tags });
  await ask("OneExperiment", "GET", "experiments/get", { experiment_id });
  await ask("Experiments", "POST", "experiments/search", { max_results: 1 });
  const { run_id } = (await ask("OneRun", "POST", "runs/create", { experiment_id, start_time: 5, tags })).run.info;
  const logged = { experiment_id, name: "m", source_run_id: run_id, params: tags, tags };
  const { model_id } = (await ask("OneLoggedModel", "POST", "logged-models", logged)).model.info;
  const metrics = [
    { key: "m", value: 0.5, timestamp: 1, step: 2, model_id, dataset_name: "n", dataset_digest: "d" },
    { key: "n", value: "NaN", timestamp: 1 },
    { key: "i", value: "-Infinity", timestamp: 1 },
  ];
  await ask("Nothing", "POST", "runs/log-batch", { run_id, metrics, params: tags, tags });
  const dataset = { name: "n", digest: "d", source_type: "s", source: "x", schema: "{}", profile: "{}" };
  await ask("Nothing", "POST", "runs/log-inputs", { run_id, datasets: [{ tags, dataset }], models: [{ model_id }] });
  await ask("Nothing", "POST", "runs/outputs", { run_id, models: [{ model_id, step: 1 }] });
  await ask("OneRunInfo", "POST", "runs/update", { run_id, status: "FINISHED", end_time: 9 });
  await ask("OneRun", "GET", "runs/get", { run_id });
  await ask("Runs", "POST", "runs/search", { experiment_ids: [experiment_id] });
  await ask("Metrics", "GET", "metrics/get-history", { run_id, metric_key: "n" });
  await client.bytes("PUT", `/api/2.0/mlflow-artifacts/artifacts/runs/${run_id}/artifacts/a/b.txt`, "x");
  await ask("Artifacts", "GET", "artifacts/list", { run_id });
  await ask("OneLoggedModel", "PATCH", `logged-models/${model_id}`, { status: "LOGGED_MODEL_READY" });
  await ask("LoggedModels", "POST", "logged-models/search", { experiment_ids: [experiment_id] });
  await ask("OneModel", "POST", "registered-models/create", { name: "w", description: "d", tags });
  await ask("OneVersion", "POST", "model-versions/create", { name: "w", source: `models:/${model_id}`, tags });
  await ask("Nothing", "POST", "registered-models/alias", { name: "w", alias: "champion", version: "1" });
  await ask("OneModel", "GET", "registered-models/get", { name: "w" });
  await ask("Models", "GET", "registered-models/search", {});
  await ask("Versions", "GET", "model-versions/search", {});
  await ask("OneVersion", "GET", "registered-models/alias", { name: "w", alias: "champion" });
  await ask("ArtifactUri", "GET", "model-versions/get-download-uri", { name: "w", version: "1" });
  await api.stop();
  return got;
};

describe(`protobuf's own parser${hasProtobuf ? "" : " (not installed: skipped)"}`, () => {
  test.skipIf(!hasProtobuf)("reads each answer, and knows every name in it", async () => {
    const input = JSON.stringify(await answers());
    const { stdout, stderr } = spawnSync("python3", [join(import.meta.dirname, "parse.py")], {
      input,
      encoding: "utf8",
    });
    expect([stderr, stdout]).toEqual(["", "23 answers\n"]);
  });
});

"""Drives MLflow's own client against the server of MLFLOW_TRACKING_URI and prints what it saw, as one line of JSON."""

import json
import math
import os
import pathlib
import tempfile

import mlflow
from mlflow import MlflowClient

seen = {"version": mlflow.__version__}
client = MlflowClient()
mlflow.set_experiment("from-python")
with mlflow.start_run(run_name="first") as run:
    mlflow.log_param("trees", 100)
    mlflow.log_params({"depth": 8})
    for step in range(3):
        mlflow.log_metric("rmse", 1.0 / (step + 1), step=step)
    mlflow.log_metrics({"bad": math.nan, "high": math.inf})
    mlflow.set_tag("x y", "z")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "notes.txt"
        path.write_text("hello")
        mlflow.log_artifact(str(path), "model")
        mlflow.log_artifacts(folder, "all")
run_id = run.info.run_id

read = client.get_run(run_id)
seen["status"] = read.info.status
seen["params"] = read.data.params
seen["rmse"] = read.data.metrics["rmse"]
seen["nan"] = math.isnan(read.data.metrics["bad"]) and math.isinf(read.data.metrics["high"])
seen["history"] = [point.step for point in client.get_metric_history(run_id, "rmse")]
found = client.search_runs(
    [read.info.experiment_id], "metrics.rmse < 1 AND tags.`x y` = 'z'", order_by=["metrics.rmse DESC"]
)
seen["found"] = [one.info.run_name for one in found]
seen["artifacts"] = sorted(one.path for one in client.list_artifacts(run_id))

version = mlflow.register_model(f"runs:/{run_id}/model", "python-model")
client.set_registered_model_alias("python-model", "champion", version.version)
client.update_registered_model("python-model", description="made by a test")
local = mlflow.artifacts.download_artifacts("models:/python-model@champion")
seen["version_number"] = str(version.version)
seen["files"] = sorted(os.listdir(local))
seen["text"] = (pathlib.Path(local) / "notes.txt").read_text()
seen["aliases"] = client.get_registered_model("python-model").aliases

large = pathlib.Path(tempfile.mkdtemp()) / "large.bin"
large.write_bytes(bytes(range(256)) * 45_000)
client.log_artifact(run_id, str(large))
back = mlflow.artifacts.download_artifacts(f"runs:/{run_id}/large.bin")
seen["large"] = pathlib.Path(back).read_bytes() == large.read_bytes()
print(json.dumps(seen, default=str))

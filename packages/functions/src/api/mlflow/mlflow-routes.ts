import type { Api } from "../http/env.ts";
import { declareForeign } from "../http/route-access.ts";
import { ARTIFACT_PROXY, ARTIFACTS } from "./artifacts.ts";
import { type MlflowPorts, serve } from "./endpoint.ts";
import { EXPERIMENTS } from "./experiments.ts";
import { LOGGED_MODELS } from "./logged-models.ts";
import { MODEL_VERSIONS } from "./model-versions.ts";
import { MULTIPART } from "./multipart.ts";
import { REGISTERED_MODELS } from "./registered-models.ts";
import { RUN_LOG } from "./run-log.ts";
import { RUNS } from "./runs.ts";

/** The version of MLflow's server that clients are told: with it they ask for nothing that is not here. */
const MLFLOW_VERSION = "3.0.0";

/** MLflow's REST protocol, so that its clients can use this server for tracking, registry and artifacts. */
export const mlflowRoutes = (app: Api, ports: MlflowPorts): void => {
  const tracking = [...EXPERIMENTS, ...RUNS, ...RUN_LOG, ...ARTIFACTS, ...LOGGED_MODELS];
  serve(app, ports, "/api/2.0/mlflow/", [...tracking, ...REGISTERED_MODELS, ...MODEL_VERSIONS]);
  serve(app, ports, "/api/2.0/mlflow-artifacts/", [...ARTIFACT_PROXY, ...MULTIPART]);
  const open = (path: string, text: string) => {
    app.get(path, (c) => c.text(text));
    declareForeign(app, `GET ${path}`, "public");
  };
  open("/health", "OK");
  open("/version", MLFLOW_VERSION);
  app.get("/api/3.0/mlflow/server-info", (c) => c.json({ workspaces_enabled: false, trace_archival_enabled: false }));
  declareForeign(app, "GET /api/3.0/mlflow/server-info", "read");
};

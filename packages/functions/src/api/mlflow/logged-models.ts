import { randomUUID } from "node:crypto";
import { checkedPath, listFolder } from "@tidewatch/core/runs/artifacts";
import { getExperiment, noExperiment } from "@tidewatch/core/runs/experiments";
import {
  changeLoggedModel,
  createLoggedModel,
  deleteLoggedModel,
  getLoggedModel,
  type LoggedModel,
  listLoggedModels,
} from "@tidewatch/core/runs/logged-models";
import { LOGGED_MODEL_DOMAIN, type Lookup } from "@tidewatch/core/runs/search/fields";
import { matches } from "@tidewatch/core/runs/search/matches";
import { parseOrder, sorted } from "@tidewatch/core/runs/search/order";
import { parseFilter } from "@tidewatch/core/runs/search/parse";
import { z } from "zod";
import { endpoint } from "./endpoint.ts";
import { metricOut } from "./entities.ts";
import { pageOf } from "./experiments.ts";
import { keyValues, keyValuesOut, maxResults, pageToken, repeated, required, text } from "./wire.ts";

/** MLflow 3: what `log_model` makes. */

export const loggedModelUri = (id: string): string => `mlflow-artifacts:/logged-models/${id}/artifacts`;

const Id = z.object({ model_id: required });
/** By name or number. */
const STATUSES = { LOGGED_MODEL_READY: "READY", LOGGED_MODEL_UPLOAD_FAILED: "UPLOAD_FAILED" } as const;
const status = z
  .preprocess(
    (value) => ({ "2": "LOGGED_MODEL_READY", "3": "LOGGED_MODEL_UPLOAD_FAILED" })[String(value)] ?? value,
    z.enum(["LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"]),
  )
  .transform((name) => STATUSES[name]);

const loggedModelOut = (model: LoggedModel) => ({
  model: {
    info: {
      ...{ model_id: model.id, experiment_id: model.experimentId, name: model.name, model_type: model.modelType },
      ...{ creation_timestamp_ms: model.createdAtMs, last_updated_timestamp_ms: model.updatedAtMs },
      ...{ artifact_uri: loggedModelUri(model.id), status: `LOGGED_MODEL_${model.status}` },
      ...{ source_run_id: model.sourceRunId, tags: keyValuesOut(model.tags) },
    },
    data: {
      params: keyValuesOut(model.params),
      metrics: model.metrics.map(({ key, runId, ...point }) => metricOut(key, point, runId)),
    },
  },
});

export const LOGGED_MODELS = [
  endpoint(
    "POST logged-models",
    "operate",
    z.object({
      experiment_id: required,
      ...{ name: text.optional(), model_type: text.default(""), source_run_id: text.default("") },
      ...{ params: keyValues, tags: keyValues },
    }),
    async ({ experiment_id, name, model_type, source_run_id, params, tags }, ports) => {
      if (!(await getExperiment(ports, experiment_id))) throw noExperiment(experiment_id);
      const id = `m-${randomUUID().replaceAll("-", "")}`;
      await createLoggedModel(ports, {
        ...{ id, experimentId: experiment_id, name: name || id, modelType: model_type, sourceRunId: source_run_id },
        ...{ params, tags, createdAtMs: ports.clock() },
      });
      return loggedModelOut(await getLoggedModel(ports, id));
    },
  ),
  endpoint(
    "POST logged-models/search",
    "read",
    z.object({
      ...{ experiment_ids: repeated(text), filter: text.default(""), page_token: pageToken },
      max_results: maxResults(50, 1000),
      order_by: repeated(z.object({ field_name: required, ascending: z.boolean().default(true) })),
    }),
    async (sent, ports) => {
      const comparisons = parseFilter(sent.filter, LOGGED_MODEL_DOMAIN);
      const columns = sent.order_by.map(({ field_name, ascending }) => `${field_name} ${ascending ? "ASC" : "DESC"}`);
      const orders = parseOrder(columns, LOGGED_MODEL_DOMAIN);
      const all = (await Promise.all(sent.experiment_ids.map((id) => listLoggedModels(ports, id)))).flat();
      const found = all.filter((model) => matches(comparisons, lookupIn(model)));
      const { page, next_page_token } = pageOf(sorted(found, orders, lookupIn, byCreation), sent);
      return { models: page.map((model) => loggedModelOut(model).model), next_page_token };
    },
  ),
  endpoint("GET logged-models/:model_id", "read", Id, async ({ model_id }, ports) =>
    loggedModelOut(await getLoggedModel(ports, model_id)),
  ),
  endpoint("PATCH logged-models/:model_id", "operate", Id.extend({ status }), async ({ model_id, status }, ports) =>
    loggedModelOut(await changeLoggedModel(ports, model_id, { status }, ports.clock())),
  ),
  endpoint("DELETE logged-models/:model_id", "operate", Id, async ({ model_id }, ports) => {
    await deleteLoggedModel(ports, model_id);
    return undefined;
  }),
  endpoint(
    "PATCH logged-models/:model_id/tags",
    "operate",
    Id.extend({ tags: keyValues }),
    async ({ model_id, tags }, ports) =>
      loggedModelOut(await changeLoggedModel(ports, model_id, { tags }, ports.clock())),
  ),
  endpoint(
    "DELETE logged-models/:model_id/tags/:tag_key",
    "operate",
    Id.extend({ tag_key: required }),
    async ({ model_id, tag_key }, ports) => {
      await changeLoggedModel(ports, model_id, { tags: { [tag_key]: null } }, ports.clock());
      return undefined;
    },
  ),
  endpoint(
    "POST logged-models/:model_id/params",
    "operate",
    Id.extend({ params: keyValues }),
    async ({ model_id, params }, ports) => {
      await changeLoggedModel(ports, model_id, { params }, ports.clock());
      return undefined;
    },
  ),
  endpoint(
    "GET logged-models/:model_id/artifacts/directories",
    "read",
    Id.extend({ artifact_directory_path: text.default("") }),
    async ({ model_id, artifact_directory_path: path }, ports) => {
      const { id } = await getLoggedModel(ports, model_id);
      const folder = ["logged-models", id, "artifacts", ...(path === "" ? [] : [checkedPath(path)])].join("/");
      const prefix = path === "" ? "" : `${path}/`;
      const files = (await listFolder(ports, folder)).map((file) => ({
        ...{ path: `${prefix}${file.path}`, is_dir: file.isFolder },
      }));
      return { root_uri: loggedModelUri(id), files };
    },
  ),
];

const byCreation = (a: LoggedModel, b: LoggedModel): number => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1);

const lookupIn =
  (model: LoggedModel): Lookup =>
  ({ kind, key }) => {
    if (kind === "metric") return model.metrics.find((metric) => metric.key === key)?.value;
    if (kind === "param") return Object.hasOwn(model.params, key) ? model.params[key] : undefined;
    if (kind === "tag") return Object.hasOwn(model.tags, key) ? model.tags[key] : undefined;
    const { name, id, modelType, status, sourceRunId, createdAtMs, updatedAtMs } = model;
    const attributes: Record<string, string | number> = {
      ...{ name, model_id: id, model_type: modelType, status, source_run_id: sourceRunId },
      ...{ creation_timestamp: createdAtMs, creation_time: createdAtMs, last_updated_timestamp: updatedAtMs },
    };
    return attributes[key];
  };

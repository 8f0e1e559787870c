import { AppError } from "@tidewatch/core/errors";
import {
  changeExperiment,
  createExperiment,
  type Experiment,
  findExperiment,
  getExperiment,
  listExperiments,
  noExperiment,
} from "@tidewatch/core/runs/experiments";
import { EXPERIMENT_DOMAIN, type Lookup } from "@tidewatch/core/runs/search/fields";
import { matches } from "@tidewatch/core/runs/search/matches";
import { parseOrder, sorted } from "@tidewatch/core/runs/search/order";
import { parseFilter } from "@tidewatch/core/runs/search/parse";
import { z } from "zod";
import { httpError } from "../http/problem.ts";
import { endpoint } from "./endpoint.ts";
import { experimentOut } from "./entities.ts";
import { keyValues, maxResults, pageToken, repeated, required, text, tokenOut, viewType } from "./wire.ts";

const Id = z.object({ experiment_id: required });
const Search = z.object({
  max_results: maxResults(1000, 50_000),
  page_token: pageToken,
  filter: text.default(""),
  order_by: repeated(text),
  view_type: viewType,
});

/** What MLflow's clients take for «use the one that is there». */
export const alreadyExists = (error: unknown): never => {
  if (!(error instanceof AppError && error.code === "CONFLICT")) throw error;
  throw httpError("VALIDATION", error.message, { mlflowCode: "RESOURCE_ALREADY_EXISTS" });
};

export const EXPERIMENTS = [
  endpoint(
    "POST experiments/create",
    "operate",
    z.object({ name: required, artifact_location: text.default(""), tags: keyValues }),
    async ({ name, artifact_location, tags }, ports) => {
      if (artifact_location !== "") {
        throw new AppError("VALIDATION", "Artifacts are kept by this server: leave artifact_location out.");
      }
      const made = await createExperiment(ports, { name, tags, nowMs: ports.clock() }).catch(alreadyExists);
      return { experiment_id: made.id };
    },
  ),
  endpoint("GET experiments/get", "read", Id, async ({ experiment_id }, ports) => {
    const experiment = await getExperiment(ports, experiment_id);
    if (!experiment) throw noExperiment(experiment_id);
    return { experiment: experimentOut(experiment) };
  }),
  endpoint(
    "GET experiments/get-by-name",
    "read",
    z.object({ experiment_name: required }),
    async ({ experiment_name }, ports) => {
      const experiment = await findExperiment(ports, experiment_name);
      if (!experiment) throw new AppError("NOT_FOUND", `Could not find experiment with name '${experiment_name}'`);
      return { experiment: experimentOut(experiment) };
    },
  ),
  ...(["POST", "GET"] as const).map((method) =>
    endpoint(`${method} experiments/search`, "read", Search, async (search, ports) => {
      const comparisons = parseFilter(search.filter, EXPERIMENT_DOMAIN);
      const orders = parseOrder(search.order_by, EXPERIMENT_DOMAIN);
      const all = (await listExperiments(ports)).filter(
        (one) => (search.view_type as readonly string[]).includes(one.stage) && matches(comparisons, lookupIn(one)),
      );
      const found = sorted(all, orders, lookupIn, byCreation);
      const { page, next_page_token } = pageOf(found, search);
      return { experiments: page.map(experimentOut), next_page_token };
    }),
  ),
  endpoint(
    "POST experiments/update",
    "operate",
    Id.extend({ new_name: text.optional() }),
    async ({ experiment_id, new_name }, ports) => {
      const change = changeExperiment(ports, experiment_id, new_name ? { name: new_name } : {}, ports.clock());
      await change.catch(alreadyExists);
      return undefined;
    },
  ),
  endpoint("POST experiments/delete", "operate", Id, async ({ experiment_id }, ports) => {
    await changeExperiment(ports, experiment_id, { stage: "deleted" }, ports.clock());
    return undefined;
  }),
  endpoint("POST experiments/restore", "operate", Id, async ({ experiment_id }, ports) => {
    await changeExperiment(ports, experiment_id, { stage: "active" }, ports.clock());
    return undefined;
  }),
  endpoint(
    "POST experiments/set-experiment-tag",
    "operate",
    Id.extend({ key: required, value: text.default("") }),
    async ({ experiment_id, key, value }, ports) => {
      await changeExperiment(ports, experiment_id, { tags: { [key]: value } }, ports.clock());
      return undefined;
    },
  ),
  endpoint(
    "POST experiments/delete-experiment-tag",
    "operate",
    Id.extend({ key: required }),
    async ({ experiment_id, key }, ports) => {
      await changeExperiment(ports, experiment_id, { tags: { [key]: null } }, ports.clock());
      return undefined;
    },
  ),
];

/** A page of a list that is made anew for each: the token is the place behind the last one. */
export const pageOf = <T>(
  all: readonly T[],
  { page_token, max_results }: { page_token?: string | undefined; max_results: number },
): { page: T[]; next_page_token: string | undefined } => {
  const from = page_token === undefined ? 0 : Number(page_token || Number.NaN);
  if (!Number.isSafeInteger(from) || from < 0) throw new AppError("VALIDATION", "Invalid page token");
  const end = from + max_results;
  return { page: all.slice(from, end), next_page_token: tokenOut(end < all.length ? end : undefined) };
};

/** The newest first, as MLflow gives them. */
const byCreation = (a: Experiment, b: Experiment): number => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1);

const lookupIn =
  (experiment: Experiment): Lookup =>
  ({ kind, key }) => {
    if (kind === "tag") return Object.hasOwn(experiment.tags, key) ? experiment.tags[key] : undefined;
    const { name, id, createdAtMs, updatedAtMs } = experiment;
    const attributes = { name, experiment_id: id, creation_time: createdAtMs, last_update_time: updatedAtMs };
    return attributes[key as keyof typeof attributes];
  };

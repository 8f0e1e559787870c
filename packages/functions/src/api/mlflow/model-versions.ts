import { AppError } from "@tidewatch/core/errors";
import { listModels, modelNamed, type RegisteredModel } from "@tidewatch/core/register/registered-models";
import {
  changeVersion,
  createVersion,
  deleteVersion,
  type RegisteredVersion,
  versionOf,
  versionsOf,
} from "@tidewatch/core/register/registered-versions";
import { getLoggedModel } from "@tidewatch/core/runs/logged-models";
import { type Lookup, VERSION_DOMAIN } from "@tidewatch/core/runs/search/fields";
import { matches } from "@tidewatch/core/runs/search/matches";
import { parseOrder, sorted } from "@tidewatch/core/runs/search/order";
import { type Comparison, parseFilter } from "@tidewatch/core/runs/search/parse";
import { z } from "zod";
import { type Call, endpoint } from "./endpoint.ts";
import { pageOf } from "./experiments.ts";
import { loggedModelUri } from "./logged-models.ts";
import { loggedModelIn, versionOut } from "./registry-entities.ts";
import { int64, keyValues, maxResults, pageToken, repeated, required, text } from "./wire.ts";

const Version = z.object({ name: required, version: int64 });
const Tag = Version.extend({ key: required });
/** Versions of a model that a search looks at, the newest. */
const MAX_SEARCHED = 1000;

const shown = (version: RegisteredVersion) => ({ model_version: versionOut(version) });

export const MODEL_VERSIONS = [
  endpoint(
    "POST model-versions/create",
    "operate",
    z.object({
      ...{ name: required, source: required, run_id: text.optional(), description: text.default("") },
      ...{ tags: keyValues, model_id: text.optional() },
    }),
    async ({ name, source, run_id, description, tags, model_id }, ports) => {
      const model = await modelNamed(ports, name);
      checkSource(source);
      const loggedId = model_id || loggedModelIn(source);
      const logged = loggedId ? await getLoggedModel(ports, loggedId) : undefined;
      const runId = run_id || logged?.sourceRunId;
      const from = { source: logged ? `models:/${logged.id}` : source, ...(runId && { runId }) };
      return shown(await createVersion(ports, model, { ...from, description, tags }, ports.clock()));
    },
  ),
  endpoint("GET model-versions/get", "read", Version, async ({ name, version }, ports) =>
    shown(await versionOf(ports, await modelNamed(ports, name), version)),
  ),
  endpoint(
    "PATCH model-versions/update",
    "operate",
    Version.extend({ description: text.default("") }),
    async ({ name, version, description }, ports) => {
      const model = await modelNamed(ports, name);
      return shown(await changeVersion(ports, model, version, { description }, ports.clock()));
    },
  ),
  endpoint("DELETE model-versions/delete", "operate", Version, async ({ name, version }, ports) => {
    await deleteVersion(ports, await modelNamed(ports, name), version);
    return undefined;
  }),
  endpoint(
    "GET model-versions/search",
    "read",
    z.object({
      ...{ filter: text.default(""), order_by: repeated(text), page_token: pageToken },
      max_results: maxResults(10_000, 200_000),
    }),
    async (sent, ports) => {
      const comparisons = parseFilter(sent.filter, VERSION_DOMAIN);
      const orders = parseOrder(sent.order_by, VERSION_DOMAIN);
      const models = await modelsFor(ports, comparisons);
      const all = await Promise.all(models.map((model) => versionsOf(ports, model, { limit: MAX_SEARCHED })));
      const found = all.flat().filter((version) => matches(comparisons, lookupIn(version)));
      const { page, next_page_token } = pageOf(sorted(found, orders, lookupIn, newestFirst), sent);
      return { model_versions: page.map(versionOut), next_page_token };
    },
  ),
  endpoint(
    "POST model-versions/transition-stage",
    "operate",
    Version.extend({ stage: required }),
    async ({ name, version, stage }, ports) => {
      const found = await versionOf(ports, await modelNamed(ports, name), version);
      if (stage.toLowerCase() === "none") return shown(found);
      throw new AppError(
        "VALIDATION",
        `There are no stages here: give version ${version} of ${name} an alias instead, such as champion ` +
          "(`set_registered_model_alias`).",
      );
    },
  ),
  endpoint("GET model-versions/get-download-uri", "read", Version, async ({ name, version }, ports) => {
    const { source } = await versionOf(ports, await modelNamed(ports, name), version);
    const loggedId = loggedModelIn(source);
    return { artifact_uri: loggedId ? loggedModelUri(loggedId) : source };
  }),
  endpoint(
    "POST model-versions/set-tag",
    "operate",
    Tag.extend({ value: text.default("") }),
    async ({ name, version, key, value }, ports) => {
      const model = await modelNamed(ports, name);
      await changeVersion(ports, model, version, { tags: { [key]: value } }, ports.clock());
      return undefined;
    },
  ),
  endpoint("DELETE model-versions/delete-tag", "operate", Tag, async ({ name, version, key }, ports) => {
    const model = await modelNamed(ports, name);
    await changeVersion(ports, model, version, { tags: { [key]: null } }, ports.clock());
    return undefined;
  }),
];

/** Who loads a version opens its source: nobody shall be led to a file of the own machine by somebody else's version. */
const checkSource = (source: string): void => {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(source)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "file" && !source.split("/").includes("..")) return;
  throw new AppError(
    "VALIDATION",
    `Invalid model version source: '${source}'. Paths of one machine are not taken here.`,
  );
};

/** A search that names a model looks at that one only. */
const modelsFor = async (ports: Call, comparisons: readonly Comparison[]): Promise<RegisteredModel[]> => {
  const named = comparisons.find(({ field, op }) => field.kind === "attribute" && field.key === "name" && op === "=");
  if (!named) return listModels(ports);
  return modelNamed(ports, String(named.value)).then(
    (model) => [model],
    (error: unknown) => {
      if (error instanceof AppError && error.code === "NOT_FOUND") return [];
      throw error;
    },
  );
};

const newestFirst = (a: RegisteredVersion, b: RegisteredVersion): number =>
  b.updatedAtMs - a.updatedAtMs || (a.name === b.name ? b.version - a.version : a.name < b.name ? -1 : 1);

const lookupIn =
  (version: RegisteredVersion): Lookup =>
  ({ kind, key }) => {
    if (kind === "tag") return Object.hasOwn(version.tags, key) ? version.tags[key] : undefined;
    const attributes: Record<string, string | number | undefined> = {
      ...{ name: version.name, run_id: version.runId, source_path: version.source, version_number: version.version },
      ...{ creation_timestamp: version.createdAtMs, last_updated_timestamp: version.updatedAtMs },
    };
    return attributes[key];
  };

import { removeAliasByHand, setAliasByHand, versionByAlias } from "@tidewatch/core/promote/move-by-hand";
import {
  changeModel,
  createModel,
  deleteModel,
  listModels,
  modelNamed,
  type RegisteredModel,
  renameModel,
} from "@tidewatch/core/register/registered-models";
import { versionsOf } from "@tidewatch/core/register/registered-versions";
import { type Lookup, MODEL_DOMAIN } from "@tidewatch/core/runs/search/fields";
import { matches } from "@tidewatch/core/runs/search/matches";
import { parseOrder, sorted } from "@tidewatch/core/runs/search/order";
import { parseFilter } from "@tidewatch/core/runs/search/parse";
import { z } from "zod";
import { callerOf } from "../http/auth.ts";
import { type Call, endpoint } from "./endpoint.ts";
import { alreadyExists, pageOf } from "./experiments.ts";
import { modelOut, versionOut } from "./registry-entities.ts";
import { int64, keyValues, maxResults, pageToken, repeated, required, text } from "./wire.ts";

const Name = z.object({ name: required });
const Tag = Name.extend({ key: required });
const Alias = Name.extend({ alias: required });

/** The history of a model says who moved an alias. */
const causeOf = ({ c }: Call, reason: string) => ({ by: callerOf(c), reason });

const shown = async (ports: Call, model: RegisteredModel) => ({ registered_model: await modelOut(ports, model) });

export const REGISTERED_MODELS = [
  endpoint(
    "POST registered-models/create",
    "operate",
    Name.extend({ description: text.default(""), tags: keyValues }),
    async ({ name, description, tags }, ports) =>
      shown(ports, await createModel(ports, name, { description, tags }, ports.clock()).catch(alreadyExists)),
  ),
  endpoint("GET registered-models/get", "read", Name, async ({ name }, ports) =>
    shown(ports, await modelNamed(ports, name)),
  ),
  endpoint(
    "POST registered-models/rename",
    "operate",
    Name.extend({ new_name: required }),
    async ({ name, new_name }, ports) =>
      shown(ports, await renameModel(ports, name, new_name, ports.clock()).catch(alreadyExists)),
  ),
  endpoint(
    "PATCH registered-models/update",
    "operate",
    Name.extend({ description: text.default("") }),
    async ({ name, description }, ports) =>
      shown(ports, await changeModel(ports, name, { description }, ports.clock())),
  ),
  endpoint("DELETE registered-models/delete", "operate", Name, async ({ name }, ports) => {
    await deleteModel(ports, name, ports.clock());
    return undefined;
  }),
  endpoint(
    "GET registered-models/search",
    "read",
    z.object({
      ...{ filter: text.default(""), order_by: repeated(text), page_token: pageToken },
      max_results: maxResults(100, 1000),
    }),
    async (sent, ports) => {
      const comparisons = parseFilter(sent.filter, MODEL_DOMAIN);
      const orders = parseOrder(sent.order_by, MODEL_DOMAIN);
      const found = (await listModels(ports)).filter((model) => matches(comparisons, lookupIn(model)));
      const byName = (a: RegisteredModel, b: RegisteredModel) => (a.name < b.name ? -1 : 1);
      const { page, next_page_token } = pageOf(sorted(found, orders, lookupIn, byName), sent);
      return { registered_models: await Promise.all(page.map((model) => modelOut(ports, model))), next_page_token };
    },
  ),
  ...(["POST", "GET"] as const).map((method) =>
    endpoint(
      `${method} registered-models/get-latest-versions`,
      "read",
      Name.extend({ stages: repeated(text) }),
      async ({ name, stages }, ports) => {
        const model = await modelNamed(ports, name);
        // There are no stages: every version is in the one that is called None.
        const isAsked = stages.length === 0 || stages.some((stage) => stage.toLowerCase() === "none");
        return { model_versions: isAsked ? (await versionsOf(ports, model, { limit: 1 })).map(versionOut) : [] };
      },
    ),
  ),
  endpoint(
    "POST registered-models/set-tag",
    "operate",
    Tag.extend({ value: text.default("") }),
    async ({ name, key, value }, ports) => {
      await changeModel(ports, name, { tags: { [key]: value } }, ports.clock());
      return undefined;
    },
  ),
  endpoint("DELETE registered-models/delete-tag", "operate", Tag, async ({ name, key }, ports) => {
    await changeModel(ports, name, { tags: { [key]: null } }, ports.clock());
    return undefined;
  }),
  endpoint(
    "POST registered-models/alias",
    "operate",
    Alias.extend({ version: int64 }),
    async ({ name, alias, version }, ports) => {
      const model = await modelNamed(ports, name);
      await setAliasByHand(ports, model, alias, version, causeOf(ports, "set by an MLflow client"));
      return undefined;
    },
  ),
  endpoint("DELETE registered-models/alias", "operate", Alias, async ({ name, alias }, ports) => {
    const model = await modelNamed(ports, name);
    await removeAliasByHand(ports, model, alias, causeOf(ports, "taken away by an MLflow client"));
    return undefined;
  }),
  endpoint("GET registered-models/alias", "read", Alias, async ({ name, alias }, ports) => ({
    model_version: versionOut(await versionByAlias(ports, await modelNamed(ports, name), alias)),
  })),
];

const lookupIn =
  (model: RegisteredModel): Lookup =>
  ({ kind, key }) => {
    if (kind === "tag") return Object.hasOwn(model.tags, key) ? model.tags[key] : undefined;
    const { name, createdAtMs, updatedAtMs } = model;
    const attributes = { name, creation_timestamp: createdAtMs, last_updated_timestamp: updatedAtMs };
    return attributes[key as keyof typeof attributes];
  };

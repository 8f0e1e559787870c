/** What of a thing a comparison may look at. */
export type FieldKind = "attribute" | "metric" | "param" | "tag" | "dataset";
export type Field = { kind: FieldKind; key: string };

/** What can be asked of one sort of things: its attributes, by name, and which other fields it has. */
export type Domain = {
  attributes: Readonly<Record<string, "text" | "number">>;
  kinds: readonly FieldKind[];
  /** Other names of attributes. */
  aliases?: Readonly<Record<string, string>>;
};

/** How a field of a thing is found; `undefined` where it has none. A dataset has several values. */
export type Lookup = (field: Field) => string | number | readonly string[] | undefined;

const PREFIXES: Readonly<Record<string, FieldKind>> = {
  ...{ attribute: "attribute", attributes: "attribute", attr: "attribute", run: "attribute" },
  ...{ metric: "metric", metrics: "metric" },
  ...{ param: "param", params: "param", parameter: "param", parameters: "param" },
  ...{ tag: "tag", tags: "tag" },
  ...{ dataset: "dataset", datasets: "dataset" },
};
export const kindOf = (prefix: string): FieldKind | undefined =>
  Object.hasOwn(PREFIXES, prefix) ? PREFIXES[prefix] : undefined;

/** Attributes of a dataset that a run was fed with. */
const DATASET_KEYS = ["name", "digest", "context"];

/** Whether a field holds text or a number; `undefined` when the domain has no such field. */
export const typeOf = ({ attributes, kinds }: Domain, { kind, key }: Field): "text" | "number" | undefined => {
  if (kind === "attribute") return Object.hasOwn(attributes, key) ? attributes[key] : undefined;
  if (!kinds.includes(kind)) return undefined;
  if (kind === "dataset" && !DATASET_KEYS.includes(key)) return undefined;
  return kind === "metric" ? "number" : "text";
};

export const RUN_DOMAIN: Domain = {
  attributes: {
    ...{ run_id: "text", run_name: "text", status: "text", user_id: "text", artifact_uri: "text" },
    ...{ experiment_id: "text", lifecycle_stage: "text", start_time: "number", end_time: "number" },
  },
  kinds: ["metric", "param", "tag", "dataset"],
  aliases: { "run name": "run_name", Run_name: "run_name", created: "start_time", Created: "start_time" },
};
export const EXPERIMENT_DOMAIN: Domain = {
  attributes: { name: "text", experiment_id: "text", creation_time: "number", last_update_time: "number" },
  kinds: ["tag"],
};
export const MODEL_DOMAIN: Domain = {
  attributes: { name: "text", creation_timestamp: "number", last_updated_timestamp: "number" },
  kinds: ["tag"],
  aliases: { timestamp: "last_updated_timestamp" },
};
export const VERSION_DOMAIN: Domain = {
  attributes: {
    ...{ name: "text", run_id: "text", source_path: "text", version_number: "number" },
    ...{ creation_timestamp: "number", last_updated_timestamp: "number" },
  },
  kinds: ["tag"],
};
export const LOGGED_MODEL_DOMAIN: Domain = {
  attributes: {
    ...{ name: "text", model_id: "text", model_type: "text", status: "text", source_run_id: "text" },
    ...{ creation_timestamp: "number", creation_time: "number", last_updated_timestamp: "number" },
  },
  kinds: ["metric", "param", "tag"],
};

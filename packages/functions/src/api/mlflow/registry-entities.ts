import { listAliases } from "@tidewatch/core/register/aliases";
import type { RegisteredModel } from "@tidewatch/core/register/registered-models";
import { type RegisteredVersion, versionsOf } from "@tidewatch/core/register/registered-versions";
import type { Call } from "./endpoint.ts";
import { keyValuesOut } from "./wire.ts";

/** Our documents as MLflow's messages (mlflow/protos/model_registry.proto). */

export const versionOut = (version: RegisteredVersion) => ({
  ...{ name: version.name, version: String(version.version), creation_timestamp: version.createdAtMs },
  ...{ last_updated_timestamp: version.updatedAtMs, current_stage: "None", description: version.description },
  ...{ source: version.source, run_id: version.runId ?? "", status: "READY", tags: keyValuesOut(version.tags) },
  ...{ aliases: version.aliases, model_id: loggedModelIn(version.source) },
});

/** The logged model that a version was made from, by MLflow 3's way of naming it as the source. */
export const loggedModelIn = (source: string): string | undefined => /^models:\/(m-[0-9a-f]{32})$/.exec(source)?.[1];

export const modelOut = async (ports: Pick<Call, "table">, model: RegisteredModel) => {
  const [aliases, latest] = await Promise.all([
    listAliases(ports, model.storedAs),
    versionsOf(ports, model, { limit: 1 }),
  ]);
  return {
    ...{ name: model.name, creation_timestamp: model.createdAtMs, last_updated_timestamp: model.updatedAtMs },
    ...{ description: model.description, tags: keyValuesOut(model.tags), latest_versions: latest.map(versionOut) },
    aliases: Object.entries(aliases).map(([alias, { version }]) => ({ alias, version: String(version) })),
  };
};

import { z } from "zod";
import { AppError } from "../errors.ts";
import { changeItem, documentOf } from "../runs/write.ts";
import { modelVersionInfoKey, modelVersionKey } from "../store/keys.ts";
import type { Item, Table } from "../store/ports.ts";
import { listAliases } from "./aliases.ts";
import { type ModelVersion, queryVersions, registerExternal, reserveVersion, VersionDoc } from "./models.ts";
import { changed, type RegisteredModel, type Said, type SaidAnew } from "./registered-models.ts";

/** What is said of a version, beside the version itself, which never changes. */
const VersionInfo = z.strictObject({
  description: z.string().max(5000),
  tags: z.record(z.string(), z.string()),
  updatedAtMs: z.int(),
});
const NOTHING_SAID = { description: "", tags: {}, updatedAtMs: 0 };

/** `isOwn`: its files are here, under `models/`. */
export type RegisteredVersion = {
  name: string;
  version: number;
  isOwn: boolean;
  createdAtMs: number;
  updatedAtMs: number;
  runId: string | undefined;
  source: string;
  description: string;
  tags: Record<string, string>;
  aliases: string[];
};
type TablePort = { table: Table };

/** Registers a version whose files are elsewhere. A repeat makes another one: versions have no other name than their number. */
export const createVersion = async (
  ports: TablePort,
  model: RegisteredModel,
  { source, runId, ...said }: { source: string; runId?: string } & Said,
  nowMs: number,
): Promise<RegisteredVersion> => {
  const version = await reserveVersion(ports, model.storedAs);
  await changeVersionInfo(ports, model, version, said, nowMs);
  await registerExternal(ports, model.storedAs, version, {
    ...{ source, createdAtMs: nowMs },
    ...(runId !== undefined && { runId }),
  });
  return versionOf(ports, model, version);
};

/** @throws AppError NOT_FOUND */
export const versionOf = async (
  ports: TablePort,
  model: RegisteredModel,
  version: number,
): Promise<RegisteredVersion> => {
  const [item] = await ports.table.getMany([modelVersionKey(model.storedAs, version)]);
  const doc = item && VersionDoc.parse(documentOf(item));
  if (!doc || !isThere(doc)) throw noVersion(model, String(version));
  return (await described(ports, model, [doc]))[0]!;
};

const noVersion = ({ name }: RegisteredModel, version: string): AppError =>
  new AppError("NOT_FOUND", `Model Version (name=${name}, version=${version}) not found`);

/** Versions of a model, newest first; those below a number, to go on. */
export const versionsOf = async (
  ports: TablePort,
  model: RegisteredModel,
  { limit, below }: { limit: number; below?: number },
): Promise<RegisteredVersion[]> => {
  const found: ModelVersion[] = [];
  let next = below;
  while (found.length < limit) {
    const page = await queryVersions(ports.table, model.storedAs, limit, next);
    found.push(...page.filter(isThere));
    if (page.length < limit) break;
    next = page.at(-1)!.version;
  }
  return described(ports, model, found.slice(0, limit));
};

/** Changes what is said of a version. @throws AppError NOT_FOUND */
export const changeVersion = async (
  ports: TablePort,
  model: RegisteredModel,
  version: number,
  change: SaidAnew,
  nowMs: number,
): Promise<RegisteredVersion> => {
  await versionOf(ports, model, version);
  await changeVersionInfo(ports, model, version, change, nowMs);
  return versionOf(ports, model, version);
};

/**
 * Takes away a version that somebody registered. Its number is not given again.
 * @throws AppError NOT_FOUND, CONFLICT when it explains scores of a detector, or an alias names it
 */
export const deleteVersion = async (ports: TablePort, model: RegisteredModel, version: number): Promise<void> => {
  const { isOwn, aliases } = await versionOf(ports, model, version);
  const what = `Version ${version} of model ${model.name}`;
  if (isOwn) throw new AppError("CONFLICT", `${what} was trained or imported here, and explains what it has scored.`);
  if (aliases.length > 0)
    throw new AppError("CONFLICT", `${what} is ${aliases.join(", ")}: take the alias away first.`);
  await changeItem(ports.table, modelVersionKey(model.storedAs, version), (item) => ({
    ...VersionDoc.parse(documentOf(item!)),
    state: "deleted",
  }));
};

const changeVersionInfo = (
  { table }: TablePort,
  { storedAs }: RegisteredModel,
  version: number,
  change: SaidAnew,
  nowMs: number,
): Promise<void> =>
  changeItem(table, modelVersionInfoKey(storedAs, version), (item) =>
    VersionInfo.parse({ ...changed(infoIn(item), change), updatedAtMs: nowMs }),
  );

const isThere = ({ state }: ModelVersion): boolean => state === "registered" || state === "external";

const described = async (
  { table }: TablePort,
  model: RegisteredModel,
  docs: readonly ModelVersion[],
): Promise<RegisteredVersion[]> => {
  const [infos, aliases] = await Promise.all([
    table.getMany(docs.map(({ version }) => modelVersionInfoKey(model.storedAs, version))),
    listAliases({ table }, model.storedAs),
  ]);
  return docs.map((doc, at) => {
    const { version, state, runId, createdAtMs = doc.trainedAtMs ?? 0 } = doc;
    const { description, tags, updatedAtMs } = infoIn(infos[at]);
    const named = Object.entries(aliases).filter(([, alias]) => alias.version === version);
    return {
      ...{ name: model.name, version, isOwn: state === "registered", createdAtMs, runId, description, tags },
      updatedAtMs: Math.max(createdAtMs, updatedAtMs),
      source: doc.source ?? ownSource(model.storedAs, version),
      aliases: named.map(([alias]) => alias),
    };
  });
};

/** Where MLflow's clients find the files of a version that is kept here. */
const ownSource = (name: string, version: number): string => `mlflow-artifacts:/models/${name}/${version}`;

const infoIn = (item: Item | undefined) => (item ? VersionInfo.parse(documentOf(item)) : NOTHING_SAID);

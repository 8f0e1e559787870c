import { z } from "zod";
import { AppError } from "../errors.ts";
import { changeItem, documentOf, readAll } from "../runs/write.ts";
import { detectorKey, modelInfoKey } from "../store/keys.ts";
import type { Item, Table } from "../store/ports.ts";
import { type ModelVersion, queryVersions } from "./models.ts";

/**
 * Models by name, with what people say of them. A model that has a detector's name is that detector's; any other name is free
 * for whoever registers models here.
 */

/** MLflow's rule. */
const ModelName = z
  .string()
  .min(1)
  .max(250)
  .regex(/^[^/:]+$/, "a model's name has no / and no :");

/** Newest numbers looked at for one that is registered: trainers that died leave gaps. */
const NEWEST = 20;
/** One item holds them together. */
const MAX_TAGS = 50;
const ModelTags = z
  .record(z.string().min(1).max(250), z.string().max(5000))
  .refine((tags) => Object.keys(tags).length <= MAX_TAGS, `a model or version has at most ${MAX_TAGS} tags`);

/** `gone`: it was deleted or renamed. `generation` counts the models that had the name before. */
const ModelInfo = z.strictObject({
  state: z.enum(["live", "gone"]),
  generation: z.int().min(0),
  /** The name under which its versions and aliases are kept: it outlives renaming. */
  storedAs: z.string(),
  createdAtMs: z.int(),
  updatedAtMs: z.int(),
  description: z.string().max(5000).default(""),
  tags: ModelTags.default({}),
});
type ModelInfo = z.output<typeof ModelInfo>;

export type RegisteredModel = Omit<ModelInfo, "state" | "generation"> & { name: string; isDetectors: boolean };
type TablePort = { table: Table };

/** `undefined` when there is none of this name. */
export const findModel = async ({ table }: TablePort, name: string): Promise<RegisteredModel | undefined> => {
  const [item, detector] = await table.getMany([modelInfoKey(name), detectorKey(name)]);
  const info = item && parse(item);
  const isDetectors = detector !== undefined;
  if (info?.state === "live") return modelOf(name, info, isDetectors);
  // Versions that a trainer registered make a model too; whoever deleted one of a name had no detector of it.
  const versions = info && !isDetectors ? [] : await queryVersions(table, name, NEWEST);
  const newest = versions.find(({ state }) => state === "registered" || state === "external");
  if (!newest) return undefined;
  const [first] = await queryVersions(table, name, 1, 2);
  const times = { createdAtMs: madeAt(first ?? newest), updatedAtMs: madeAt(newest) };
  return { name, storedAs: name, isDetectors, description: "", tags: {}, ...times };
};

const madeAt = ({ createdAtMs, trainedAtMs }: ModelVersion): number => createdAtMs ?? trainedAtMs ?? 0;

/** @throws AppError NOT_FOUND */
export const modelNamed = async (ports: TablePort, name: string): Promise<RegisteredModel> => {
  const model = await findModel(ports, name);
  if (model) return model;
  throw new AppError("NOT_FOUND", `Registered Model with name=${name} not found`);
};

const modelOf = (name: string, { state, generation, ...info }: ModelInfo, isDetectors: boolean): RegisteredModel => ({
  ...info,
  name,
  isDetectors,
  storedAs: isDetectors ? name : info.storedAs,
});

export type Said = { description?: string; tags?: Record<string, string> };

/** @throws AppError CONFLICT when the name is taken */
export const createModel = async (
  ports: TablePort,
  name: string,
  { description = "", tags = {} }: Said,
  nowMs: number,
): Promise<RegisteredModel> => {
  ModelName.parse(name);
  if (await findModel(ports, name)) throw taken(name);
  await changeItem(ports.table, modelInfoKey(name), (item) => {
    const before = item && parse(item);
    if (before?.state === "live") throw taken(name);
    const generation = before ? before.generation + 1 : 0;
    const said = { description, tags, createdAtMs: nowMs, updatedAtMs: nowMs };
    return ModelInfo.parse({ state: "live", generation, storedAs: storedAs(name, generation), ...said });
  });
  return modelNamed(ports, name);
};

/** No name has a colon. */
const storedAs = (name: string, generation: number): string => (generation === 0 ? name : `${name}:${generation}`);

export type SaidAnew = {
  description?: string;
  /** `null` takes a tag away. */
  tags?: Record<string, string | null>;
};

/** Changes what is named and leaves the rest. @throws AppError NOT_FOUND */
export const changeModel = async (
  ports: TablePort,
  name: string,
  change: SaidAnew,
  nowMs: number,
): Promise<RegisteredModel> => {
  const model = await modelNamed(ports, name);
  await changeItem(ports.table, modelInfoKey(name), (item) => {
    const before = item && parse(item);
    const { createdAtMs } = model;
    const fresh: ModelInfo = {
      ...{ state: "live", generation: before?.generation ?? 0, storedAs: model.storedAs, createdAtMs },
      ...{ updatedAtMs: nowMs, description: "", tags: {} },
    };
    const now = before?.state === "live" ? before : fresh;
    return ModelInfo.parse({ ...now, ...changed(now, change), updatedAtMs: nowMs });
  });
  return modelNamed(ports, name);
};

/** What is said after a change. */
export const changed = (before: { description: string; tags: Record<string, string> }, change: SaidAnew) => ({
  description: change.description ?? before.description,
  tags: ModelTags.parse(
    Object.fromEntries(Object.entries({ ...before.tags, ...change.tags }).filter(([, value]) => value !== null)),
  ),
});

/**
 * Gives a model another name; versions and aliases stay where they are. The new name is taken before the old one is given up,
 * so that a repeat ends what a crash left.
 * @throws AppError NOT_FOUND, CONFLICT when the name is taken or a detector's
 */
export const renameModel = async (
  ports: TablePort,
  name: string,
  newName: string,
  nowMs: number,
): Promise<RegisteredModel> => {
  ModelName.parse(newName);
  const model = await modelNamed(ports, name);
  const other = await findModel(ports, newName);
  if (other && other.storedAs !== model.storedAs) throw taken(newName);
  const [detector] = await ports.table.getMany([detectorKey(newName)]);
  if (model.isDetectors || detector) {
    throw new AppError("CONFLICT", `"${detector ? newName : name}" is a detector's name: its model cannot be renamed.`);
  }
  const { createdAtMs, description, tags } = model;
  await changeItem(ports.table, modelInfoKey(newName), (item) => {
    const before = item && parse(item);
    if (before?.state === "live") return undefined;
    const generation = before ? before.generation + 1 : 0;
    const kept = { storedAs: model.storedAs, createdAtMs, description, tags };
    return ModelInfo.parse({ state: "live", generation, ...kept, updatedAtMs: nowMs });
  });
  if (newName !== name) await giveUp(ports, model, nowMs);
  return modelNamed(ports, newName);
};

/** Takes a model away; what was kept under it is not found any more. @throws AppError NOT_FOUND, CONFLICT for a detector's */
export const deleteModel = async (ports: TablePort, name: string, nowMs: number): Promise<void> => {
  const model = await modelNamed(ports, name);
  if (model.isDetectors) {
    throw new AppError("CONFLICT", `"${name}" is the model of a detector; its versions explain what it has scored.`);
  }
  await giveUp(ports, model, nowMs);
};

const giveUp = ({ table }: TablePort, model: RegisteredModel, nowMs: number): Promise<void> =>
  changeItem(table, modelInfoKey(model.name), (item) => {
    const { createdAtMs, storedAs } = model;
    const before = item ? parse(item) : { generation: 0, createdAtMs, storedAs };
    return ModelInfo.parse({ ...before, state: "gone", updatedAtMs: nowMs });
  });

/** Every model that there is by name, in order: those that people made, and those of detectors. */
export const listModels = async (ports: TablePort): Promise<RegisteredModel[]> => {
  const [infos, detectors] = await Promise.all([
    readAll(ports.table, modelInfoKey("").pk),
    readAll(ports.table, detectorKey("").pk),
  ]);
  const names = [...new Set([...infos, ...detectors].map(({ sk }) => sk))].sort();
  const found: RegisteredModel[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const models = await Promise.all(names.slice(at, at + AT_ONCE).map((name) => findModel(ports, name)));
    found.push(...models.filter((model) => model !== undefined));
  }
  return found;
};

/** Models that are looked up at the same time. */
const AT_ONCE = 16;

const taken = (name: string): AppError => new AppError("CONFLICT", `Registered Model (name=${name}) already exists.`);

const parse = (item: Item): ModelInfo => {
  const parsed = ModelInfo.safeParse(documentOf(item));
  if (parsed.success) return parsed.data;
  throw new AppError("CORRUPT", `what is stored of model ${item.sk} cannot be read`);
};

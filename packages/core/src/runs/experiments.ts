import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { AppError } from "../errors.ts";
import { experimentKey, experimentNameKey } from "../store/keys.ts";
import type { Item, Table } from "../store/ports.ts";
import { MAX_TAG_LENGTH, WRITE_ATTEMPTS } from "./limits.ts";
import { ExperimentId, LifecycleStage, Tags } from "./run.ts";
import { changeItem, documentOf, putNew, readAll, removal } from "./write.ts";

/** An experiment's document; one item, so its tags are limited together. */
const MAX_TAGS = 40;

export const Experiment = z.strictObject({
  id: ExperimentId,
  name: z.string().min(1).max(500),
  stage: LifecycleStage,
  createdAtMs: z.int(),
  updatedAtMs: z.int(),
  tags: Tags,
});
export type Experiment = z.output<typeof Experiment>;
type TablePort = { table: Table };

/** Where runs go that name no experiment. It is there from the beginning and cannot be taken away. */
export const DEFAULT_EXPERIMENT: Experiment = {
  ...{ id: "0", name: "Default", stage: "active", createdAtMs: 0, updatedAtMs: 0, tags: {} },
};

/** `undefined` when there is none. @throws AppError CORRUPT */
export const getExperiment = async ({ table }: TablePort, id: string): Promise<Experiment | undefined> => {
  const [item] = await table.getMany([experimentKey(id)]);
  if (item) return parse(item);
  return id === DEFAULT_EXPERIMENT.id ? DEFAULT_EXPERIMENT : undefined;
};

/** The one that has this name now; deleted ones keep theirs. */
export const findExperiment = async (ports: TablePort, name: string): Promise<Experiment | undefined> => {
  const [item] = await ports.table.getMany([experimentNameKey(name)]);
  const id = item ? z.object({ id: z.string() }).parse(documentOf(item)).id : DEFAULT_EXPERIMENT.id;
  const experiment = await getExperiment(ports, id);
  return experiment?.name === name ? experiment : undefined;
};

/**
 * Makes an experiment. Its id follows from its name, so that a repeat after a crash ends what was begun.
 * @throws AppError CONFLICT when the name is taken
 */
export const createExperiment = async (
  ports: TablePort,
  { name, nowMs, tags = {} }: { name: string; nowMs: number; tags?: Record<string, string> },
): Promise<Experiment> => {
  const there = await findExperiment(ports, name);
  if (there) throw nameTaken(there);
  for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt++) {
    const id = idOf(name, attempt);
    const made = Experiment.parse({ id, name, stage: "active", createdAtMs: nowMs, updatedAtMs: nowMs, tags });
    checkTags(made);
    const isNew = await putNew(ports.table, experimentKey(id), made);
    const one = isNew ? made : await getExperiment(ports, id);
    // Another one began with this name and was renamed since.
    if (one?.name !== name) continue;
    await takeName(ports, one);
    return one;
  }
  throw new AppError("UNAVAILABLE", `no free id for experiment ${JSON.stringify(name)}`);
};

/** The experiment of this name, made when there is none. */
export const experimentNamed = async (ports: TablePort, name: string, nowMs: number): Promise<Experiment> => {
  const there = await findExperiment(ports, name);
  if (there) return there;
  try {
    return await createExperiment(ports, { name, nowMs });
  } catch (error) {
    const other = await findExperiment(ports, name);
    if (other) return other;
    throw error;
  }
};

export type ExperimentChange = {
  name?: string;
  stage?: LifecycleStage;
  /** `null` takes a tag away. */
  tags?: Record<string, string | null>;
};

/**
 * Changes what is named and leaves the rest. A new name is taken before the old one is given up.
 * @throws AppError NOT_FOUND, CONFLICT when the name is taken, VALIDATION for what the default experiment is spared
 */
export const changeExperiment = async (
  ports: TablePort,
  id: string,
  { name, stage, tags = {} }: ExperimentChange,
  nowMs: number,
): Promise<void> => {
  const before = await getExperiment(ports, id);
  if (!before) throw noExperiment(id);
  if (id === DEFAULT_EXPERIMENT.id && stage === "deleted") {
    throw new AppError("VALIDATION", "The default experiment cannot be deleted.");
  }
  const isRenamed = name !== undefined && name !== before.name;
  if (isRenamed) await takeName(ports, { ...before, name });
  await changeItem(ports.table, experimentKey(id), (item) => {
    const now = item ? parse(item) : before;
    const changed = Experiment.parse({
      ...now,
      ...(name !== undefined && { name }),
      ...(stage !== undefined && { stage }),
      tags: Object.fromEntries(Object.entries({ ...now.tags, ...tags }).filter(([, value]) => value !== null)),
      updatedAtMs: nowMs,
    });
    checkTags(changed);
    return changed;
  });
  if (isRenamed && before.name !== DEFAULT_EXPERIMENT.name) {
    await ports.table.putMany([removal(experimentNameKey(before.name))]);
  }
};

/** All experiments, the default one included, in no order that means anything. */
export const listExperiments = async ({ table }: TablePort): Promise<Experiment[]> => {
  const found = (await readAll(table, experimentKey("").pk)).map(parse);
  return found.some(({ id }) => id === DEFAULT_EXPERIMENT.id) ? found : [DEFAULT_EXPERIMENT, ...found];
};

export const noExperiment = (id: string): AppError => new AppError("NOT_FOUND", `No Experiment with id=${id} exists`);

const nameTaken = ({ name, stage }: Pick<Experiment, "name" | "stage">): AppError =>
  new AppError(
    "CONFLICT",
    stage === "deleted"
      ? `Experiment '${name}' already exists in deleted state. You can restore it, or take another name.`
      : `Experiment '${name}' already exists.`,
  );

/** Eighteen digits: MLflow's ids look like this. */
const idOf = (name: string, attempt: number): string => {
  const hash = bytesToHex(sha256(utf8ToBytes(JSON.stringify([name, attempt]))));
  return String(BigInt(`0x${hash.slice(0, 15)}`) % 10n ** 18n).padStart(18, "1");
};

/** Notes which experiment has the name, unless another one has it. */
const takeName = async (ports: TablePort, { id, name, stage }: Experiment): Promise<void> => {
  const owner = await findExperiment(ports, name);
  if (owner?.id === id) return;
  if (owner) throw nameTaken(owner);
  const [noted] = await ports.table.getMany([experimentNameKey(name)]);
  // What stands there otherwise is the note of one that was renamed by somebody who died.
  const condition = noted ? ({ kind: "version", version: noted.version } as const) : ({ kind: "absent" } as const);
  const item = { ...experimentNameKey(name), version: (noted?.version ?? 0) + 1, doc: JSON.stringify({ id }) };
  const [outcome] = await ports.table.putMany([{ item, condition }]);
  if (outcome === "conflict" && (await findExperiment(ports, name))?.id !== id) throw nameTaken({ name, stage });
};

const checkTags = ({ tags }: Experiment): void => {
  const count = Object.keys(tags).length;
  if (count > MAX_TAGS) throw new AppError("VALIDATION", `an experiment has at most ${MAX_TAGS} tags, not ${count}`);
  const length = JSON.stringify(tags).length;
  const most = (MAX_TAGS * MAX_TAG_LENGTH) / 4;
  if (length > most) throw new AppError("TOO_LARGE", `the tags of an experiment have at most ${most} characters`);
};

const parse = (item: Item): Experiment => {
  const parsed = Experiment.safeParse(documentOf(item));
  if (parsed.success) return parsed.data;
  throw new AppError("CORRUPT", `the stored experiment ${item.sk} cannot be read`);
};

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { AppError } from "../errors.ts";
import { runKey, runListKey, runPk } from "../store/keys.ts";
import type { Item, Table } from "../store/ports.ts";
import { experimentNamed, getExperiment, noExperiment } from "./experiments.ts";
import { logInputs } from "./inputs.ts";
import { pointIn } from "./metrics.ts";
import { logParams } from "./params.ts";
import { DatasetInput, type LifecycleStage, ModelUse, type Run, RunHead, type RunStatus } from "./run.ts";
import { setTags } from "./tags.ts";
import { anyway, changeItem, documentOf, putNew, readAll } from "./write.ts";

type TablePort = { table: Table };

export type NewRun = {
  /** By name: made when there is none. */
  experiment: string;
  name: string;
  startMs: number;
  /** Given by who may try again: the same id is the same run. By default it follows from experiment, name and start. */
  id?: string;
  userId?: string;
  params?: Record<string, string>;
  tags?: Record<string, string>;
  inputs?: readonly DatasetInput[];
};

/**
 * Begins a run, its status being RUNNING. A repeat ends what a crash left, and changes nothing else.
 * @returns its id
 */
export const createRun = async (ports: TablePort, run: NewRun): Promise<string> => {
  const experiment = await experimentNamed(ports, run.experiment, run.startMs);
  return (await createRunIn(ports, experiment.id, run)).id;
};

/** The same in the experiment of an id. @throws AppError NOT_FOUND, CONFLICT when it is deleted */
export const createRunIn = async (
  ports: TablePort,
  experimentId: string,
  { name, startMs, userId = "", params = {}, tags = {}, inputs = [], id }: Omit<NewRun, "experiment">,
): Promise<RunHead> => {
  const experiment = await getExperiment(ports, experimentId);
  if (!experiment) throw noExperiment(experimentId);
  if (experiment.stage === "deleted") throw new AppError("CONFLICT", `The experiment ${experimentId} is deleted.`);
  const runId = id ?? idOf([experimentId, name, startMs]);
  const wanted = RunHead.parse({
    ...{ id: runId, experimentId, name, userId, status: "RUNNING", startMs, stage: "active" },
  });
  const isNew = await putNew(ports.table, runKey(runId), wanted);
  const head = isNew ? wanted : await headOf(ports, runId);
  await ports.table.putMany([anyway(runListKey(head.experimentId, head.startMs, runId), {})]);
  await setTags(ports, runId, tags);
  await logParams(ports, runId, params);
  await logInputs(ports, runId, { datasets: inputs });
  return head;
};

/** @throws AppError NOT_FOUND */
export const headOf = async ({ table }: TablePort, runId: string): Promise<RunHead> => {
  const [item] = await table.getMany([runKey(runId)]);
  if (!item) throw noRun(runId);
  return parseHead(item);
};

export type RunChange = { status?: RunStatus; endMs?: number; name?: string; stage?: LifecycleStage };

/** Changes what is named and leaves the rest. @throws AppError NOT_FOUND */
export const changeRun = async (
  { table }: TablePort,
  runId: string,
  change: RunChange,
  nowMs: number,
): Promise<RunHead> => {
  let changed: RunHead | undefined;
  await changeItem(table, runKey(runId), (item) => {
    if (!item) throw noRun(runId);
    const { deletedAtMs, ...before } = parseHead(item);
    const { stage = before.stage } = change;
    const deleted = stage === "deleted" ? { deletedAtMs: deletedAtMs ?? nowMs } : {};
    changed = RunHead.parse({ ...before, ...change, stage, ...deleted });
    return changed;
  });
  return changed!;
};

/** Ends a run. What it logged stays, and more may follow: a status is all that this is. */
export const endRun = async (
  ports: TablePort,
  runId: string,
  { status, endMs }: { status: Extract<RunStatus, "FINISHED" | "FAILED" | "KILLED">; endMs: number },
): Promise<void> => {
  await changeRun(ports, runId, { status, endMs }, endMs);
};

/** A run with all that was logged to it: one range query. @throws AppError NOT_FOUND, CORRUPT */
export const getRun = async ({ table }: TablePort, runId: string): Promise<Run> => {
  const items = await readAll(table, runPk(runId));
  const head = items.find(({ sk }) => sk === "HEAD");
  if (!head) throw noRun(runId);
  return runOf(parseHead(head), items);
};

const runOf = (head: RunHead, items: readonly Item[]): Run => {
  const run: Run = { ...head, params: {}, tags: {}, metrics: {}, inputs: [], modelInputs: [], modelOutputs: [] };
  for (const item of items) {
    const [part, ...rest] = item.sk.split("#");
    const name = rest.join("#");
    if (part === "METRIC") run.metrics[name] = pointIn(item);
    if (part === "PARAM") run.params[name] = textIn(item);
    if (part === "TAG") run.tags[name] = textIn(item);
    if (part === "OUTPUT") run.modelOutputs.push(ModelUse.parse(documentOf(item)));
    if (part !== "INPUT") continue;
    if (name.startsWith("MODEL#")) run.modelInputs.push(ModelUse.parse(documentOf(item)));
    else run.inputs.push(DatasetInput.parse(documentOf(item)));
  }
  return run;
};

const textIn = (item: Item): string => String(documentOf(item));

const noRun = (runId: string): AppError => new AppError("NOT_FOUND", `Run with id=${runId} not found`);

/** 32 hex digits, as MLflow's. */
const idOf = (parts: unknown): string => bytesToHex(sha256(utf8ToBytes(JSON.stringify(parts)))).slice(0, 32);

const parseHead = (item: Item): RunHead => {
  const parsed = RunHead.safeParse(documentOf(item));
  if (parsed.success) return parsed.data;
  throw new AppError("CORRUPT", `the stored run ${item.pk} cannot be read`);
};

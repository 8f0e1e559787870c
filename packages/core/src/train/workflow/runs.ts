import { AppError } from "../../errors.ts";
import { shortHash } from "../../feature/hash.ts";
import { timeKey, workflowKey, workflowLockKey, workflowTriggerKey } from "../../store/keys.ts";
import type { Item, Table } from "../../store/ports.ts";
import { WORKFLOW_STEPS, WorkflowLock, WorkflowRun, type WorkflowStep, type WorkflowTrigger } from "./workflow.ts";

/** The documents of retrainings, and the lock that lets a detector have one at a time. */

export type StoredRun = { run: WorkflowRun; version: number };

/** @throws AppError NOT_FOUND, CORRUPT */
export const readRun = async (table: Table, detectorId: string, runId: string): Promise<StoredRun> => {
  const [item] = await table.getMany([workflowKey(detectorId, runId)]);
  if (!item) throw new AppError("NOT_FOUND", `Detector "${detectorId}" has no retraining "${runId}".`);
  return { run: parseRun(item), version: item.version };
};

/** Of a detector, the newest first. `before`: the id of a run, to go on behind it. */
export const listRuns = async (
  table: Table,
  detectorId: string,
  { before, limit }: { before?: string | undefined; limit: number },
): Promise<WorkflowRun[]> => {
  const { pk } = workflowKey(detectorId, "");
  const to = before === undefined ? {} : { to: before };
  const items = await table.query({ pk, ...to, order: "descending", limit: limit + 1 });
  return items
    .filter(({ sk }) => sk !== before)
    .slice(0, limit)
    .map(parseRun);
};

/** True when written: nobody else has changed it since `version` was read. */
export const putRun = async (table: Table, run: WorkflowRun, version: number | undefined): Promise<boolean> => {
  const item = { ...workflowKey(run.detector, run.id), version: (version ?? 0) + 1, doc: JSON.stringify(run) };
  const condition = version === undefined ? ({ kind: "absent" } as const) : ({ kind: "version", version } as const);
  const [outcome] = await table.putMany([{ item, condition }]);
  return outcome === "written";
};

/** The run that a trigger was answered with, if there is one. */
export const runOfTrigger = async (
  table: Table,
  detectorId: string,
  trigger: WorkflowTrigger,
): Promise<WorkflowRun | undefined> => {
  const [item] = await table.getMany([workflowTriggerKey(detectorId, triggerName(trigger))]);
  if (!item) return undefined;
  // Noted by one who died before the document was there: the lock still announces it.
  const [run] = await table.getMany([workflowKey(detectorId, item.doc!)]);
  return run && parseRun(run);
};

/** By the clock, so that runs are in the order of their start; and by the trigger. */
export const runIdOf = (trigger: WorkflowTrigger, startedAtMs: number): string =>
  `${timeKey(startedAtMs)}-${shortHash(triggerName(trigger)).slice(0, 8)}`;

const triggerName = ({ kind, id }: WorkflowTrigger): string => `${kind}#${id}`;

/** Long after whatever set it off has been forgotten. */
const TRIGGER_KEPT_MS = 365 * 24 * 3_600_000;

/**
 * Writes what a lock announces: first the answer to its trigger, then the document. Whoever finds a lock may do it: a starter
 * that died in between leaves nothing half begun.
 */
export const openRun = async (table: Table, lock: WorkflowLock): Promise<WorkflowRun> => {
  const [item] = await table.getMany([workflowKey(lock.detector, lock.id)]);
  if (item) return parseRun(item);
  await noteTrigger(table, lock.detector, lock.trigger, lock.id, lock.startedAtMs);
  const run = freshRun(lock);
  if (await putRun(table, run, undefined)) return run;
  return (await readRun(table, lock.detector, lock.id)).run;
};

/** From now on the trigger is answered with this run. */
export const noteTrigger = async (
  table: Table,
  detectorId: string,
  trigger: WorkflowTrigger,
  runId: string,
  atMs: number,
): Promise<void> => {
  const key = workflowTriggerKey(detectorId, triggerName(trigger));
  const item = { ...key, version: 1, doc: runId, expiresAtMs: atMs + TRIGGER_KEPT_MS };
  await table.putMany([{ item, condition: { kind: "any" } }]);
};

const freshRun = ({ id, detector, trigger, startedAtMs }: WorkflowLock): WorkflowRun => ({
  ...{ id, detector, trigger, state: "running", startedAtMs, updatedAtMs: startedAtMs, spentMs: 0 },
  steps: WORKFLOW_STEPS.map((name): WorkflowStep => ({ name, state: "pending", attempts: 0, text: "" })),
  ...{ candidateRuns: [], championBefore: null },
});

/** Locks of all detectors. One that cannot be read is left out: who retrains its detector hears of it. */
export const listLocks = async (table: Table): Promise<WorkflowLock[]> => {
  const locks: WorkflowLock[] = [];
  const { pk } = workflowLockKey("");
  for (let from = ""; ; ) {
    const page = await table.query({ pk, from: `${from}!`, limit: LOCK_PAGE });
    locks.push(...page.flatMap((item) => readableLock(item) ?? []));
    if (page.length < LOCK_PAGE) return locks;
    from = page.at(-1)!.sk;
  }
};
const LOCK_PAGE = 100;

export const readLock = async (table: Table, detectorId: string): Promise<WorkflowLock | undefined> => {
  const [item] = await table.getMany([workflowLockKey(detectorId)]);
  return item && parseLock(item);
};

/** True when the detector had no lock. */
export const putLock = async (table: Table, lock: WorkflowLock): Promise<boolean> => {
  const item = { ...workflowLockKey(lock.detector), version: lockVersion(lock.id), doc: JSON.stringify(lock) };
  const [outcome] = await table.putMany([{ item, condition: { kind: "absent" } }]);
  return outcome === "written";
};

/** Gives the lock back, if it is still that of this run. */
export const removeLock = async (table: Table, { detector, id }: Pick<WorkflowRun, "detector" | "id">) => {
  const version = lockVersion(id);
  const item = { ...workflowLockKey(detector), version, expiresAtMs: LONG_AGO_MS };
  await table.putMany([{ item, condition: { kind: "version", version } }]);
};
const LONG_AGO_MS = 1;

/** Tells the locks of different runs apart: 52 bits, which a double holds. */
const lockVersion = (runId: string): number => Number.parseInt(shortHash(runId).slice(0, 13), 16);

const readableLock = (item: Item): WorkflowLock | undefined => {
  try {
    return WorkflowLock.parse(JSON.parse(item.doc ?? "null"));
  } catch {
    return undefined;
  }
};

const parseLock = (item: Item): WorkflowLock => {
  const lock = readableLock(item);
  if (lock) return lock;
  throw new AppError("CORRUPT", `the lock of the retrainings of ${item.sk} cannot be read`);
};

const parseRun = (item: Item): WorkflowRun => {
  const parsed = WorkflowRun.safeParse(JSON.parse(item.doc ?? "null"));
  if (parsed.success) return parsed.data;
  const why = parsed.error.issues[0]?.message;
  throw new AppError("CORRUPT", `the stored retraining ${item.sk} cannot be read: ${why}`);
};

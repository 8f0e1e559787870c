import { isLogDetector } from "../../any-detector.ts";
import type { Detector } from "../../detector.ts";
import { driftedDetectors } from "../../drift/checks.ts";
import { AppError } from "../../errors.ts";
import { familyOf } from "../../model/families.ts";
import { aliasOf } from "../../register/aliases.ts";
import { getDetector } from "../../store/detectors.ts";
import type { Clock, Table } from "../../store/ports.ts";
import { noteTrigger, openRun, putLock, readLock, readRun, runIdOf, runOfTrigger } from "./runs.ts";
import { type SettlePorts, settle } from "./settle.ts";
import { isEnded, type WorkflowRun, type WorkflowTrigger } from "./workflow.ts";

export type StartPorts = SettlePorts & { clock: Clock };
/** `isNew`: this very call began it. */
export type Started = { run: WorkflowRun; isNew: boolean };

/** Others that start one at the same moment; each means that a run has begun or ended. */
const START_ATTEMPTS = 10;

/**
 * Begins the retraining of a detector, of which there is one at a time: while one is open it is the answer. A trigger that began
 * one, or a person's that was answered with one, is answered with that one for a year; a trigger by the clock or by what was
 * measured comes again by itself when the open one has ended.
 * @throws AppError NOT_FOUND, CONFLICT for a detector that has nothing to train
 */
export const startWorkflow = async (
  ports: StartPorts,
  detectorId: string,
  trigger: WorkflowTrigger,
): Promise<Started> => {
  const { table, clock } = ports;
  await retrainable(table, detectorId);
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
    const known = await runOfTrigger(table, detectorId, trigger);
    if (known) return { run: known, isNew: false };
    const startedAtMs = clock();
    const informed = { ...trigger, ...(await openDrift(table, detectorId)), ...definite(trigger) };
    const mine = { id: runIdOf(trigger, startedAtMs), detector: detectorId, trigger: informed, startedAtMs };
    if (await putLock(table, mine)) return { run: await openRun(table, mine), isNew: true };
    const lock = await readLock(table, detectorId);
    if (!lock) continue;
    const run = await openRun(table, lock);
    if (isEnded(run)) {
      await settle(ports, run);
      continue;
    }
    if (isByPerson(trigger)) await noteTrigger(table, detectorId, trigger, run.id, startedAtMs);
    return { run, isNew: false };
  }
  throw new AppError("UNAVAILABLE", `Retrainings of "${detectorId}" begin and end all the time: try again.`);
};

/** Since when the data are otherwise, whoever asks: rows of before and after together make a model that is blind for both. */
const openDrift = async (table: Table, detectorId: string): Promise<{ sinceMs?: number }> => {
  const [champion, drifts] = await Promise.all([
    aliasOf({ table }, detectorId, "champion"),
    driftedDetectors({ table }),
  ]);
  const drift = drifts.find(
    ({ detector, modelVersion }) => detector === detectorId && modelVersion === champion?.version,
  );
  return drift ? { sinceMs: drift.sinceMs } : {};
};

const definite = ({ sinceMs }: WorkflowTrigger): { sinceMs?: number } => (sinceMs === undefined ? {} : { sinceMs });

const isByPerson = ({ kind }: WorkflowTrigger): boolean => kind === "api" || kind === "cli";

/**
 * A detector of metrics whose family is trained.
 * @throws AppError NOT_FOUND, CONFLICT with what there is instead
 */
export const retrainable = async (table: Table, detectorId: string): Promise<Detector> => {
  const stored = await getDetector(table, detectorId);
  if (!stored) throw new AppError("NOT_FOUND", `There is no detector "${detectorId}".`);
  const { detector } = stored;
  if (isLogDetector(detector)) {
    const instead = "its model is kept up to date by itself, and `tidewatch detectors train` makes a new one at once";
    throw new AppError("CONFLICT", `Detector "${detectorId}" watches logs: ${instead}.`);
  }
  const { kind } = familyOf(detector.model);
  if (kind === "trained") return detector;
  const why =
    kind === "online"
      ? "learns row by row, so it follows every change by itself"
      : "is made elsewhere: import a new version";
  throw new AppError("CONFLICT", `Detector "${detectorId}" has nothing to retrain: ${detector.model.family} ${why}.`);
};

/** The open retraining of a detector, if there is one. */
export const openRunOf = async (table: Table, detectorId: string): Promise<WorkflowRun | undefined> => {
  const lock = await readLock(table, detectorId);
  if (!lock) return undefined;
  const run = await openRun(table, lock);
  return isEnded(run) ? undefined : run;
};

/** @throws AppError NOT_FOUND */
export const getRun = async (table: Table, detectorId: string, runId: string): Promise<WorkflowRun> =>
  (await readRun(table, detectorId, runId)).run;

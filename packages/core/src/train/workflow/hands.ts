import { AppError } from "../../errors.ts";
import { withEnd } from "./run-step.ts";
import { putRun, readRun } from "./runs.ts";
import { type SettlePorts, settle } from "./settle.ts";
import { isEnded, presentStep, type WorkflowRun } from "./workflow.ts";

/** What people, and who runs the steps, may do to a retraining that is under way. */

/** Who asks for what, and why. */
export type Wish = { by: string; reason?: string | undefined };

/**
 * Lets a new version that passed the gate go live; once more, it does nothing.
 * @throws AppError NOT_FOUND, CONFLICT when the run waits for nobody
 */
export const approveRun = (ports: SettlePorts, detectorId: string, runId: string, { by }: Wish): Promise<WorkflowRun> =>
  changeRun(ports, detectorId, runId, (run) => {
    if (run.approvedBy !== undefined) return run;
    checkAwaited(run);
    return { ...run, state: "running", approvedBy: by };
  });

/** Keeps it from going live, and ends the run. Throws as `approveRun` does. */
export const rejectRun = (ports: SettlePorts, detectorId: string, runId: string, wish: Wish): Promise<WorkflowRun> =>
  changeRun(ports, detectorId, runId, (run) => {
    if (run.outcome?.kind === "rejected") return run;
    checkAwaited(run);
    return withEnd(run, { kind: "rejected", reason: `${wish.by} turned it down${because(wish)}` });
  });

/**
 * Ends a run before its model goes live. What it made so far (training set, candidates, a version) stays.
 * @throws AppError NOT_FOUND, CONFLICT when its model is live already, or the run has ended otherwise
 */
export const cancelRun = (ports: SettlePorts, detectorId: string, runId: string, wish: Wish): Promise<WorkflowRun> =>
  changeRun(ports, detectorId, runId, (run) => {
    if (run.state === "cancelled") return run;
    if (isEnded(run)) throw conflict(run, `has ended: ${run.outcome?.reason}`);
    const step = presentStep(run);
    if (step?.name === "watch" || (step?.name === "promote" && step.startedAtMs !== undefined)) {
      throw conflict(run, `has put version ${run.version} into use: promote \`previous\` to go back`);
    }
    return withEnd(run, { kind: "cancelled", reason: `${wish.by} cancelled it${because(wish)}` });
  });

/** For who runs the steps and has to stop one: the run has failed, whatever a straggler does. */
export const giveUpRun = (
  ports: SettlePorts,
  detectorId: string,
  runId: string,
  reason: string,
): Promise<WorkflowRun> =>
  changeRun(ports, detectorId, runId, (run) =>
    isEnded(run) ? run : withEnd(run, { kind: "failed", reason: `${presentStep(run)?.name}: ${reason}` }),
  );

const CHANGE_ATTEMPTS = 20;

const changeRun = async (
  ports: SettlePorts,
  detectorId: string,
  runId: string,
  change: (run: WorkflowRun) => WorkflowRun,
): Promise<WorkflowRun> => {
  for (let attempt = 0; attempt < CHANGE_ATTEMPTS; attempt++) {
    const { run, version } = await readRun(ports.table, detectorId, runId);
    const changed = change(run);
    const next = changed === run ? run : { ...changed, updatedAtMs: ports.clock() };
    if (next !== run && !(await putRun(ports.table, next, version))) continue;
    if (isEnded(next)) await settle(ports, next);
    return next;
  }
  throw new AppError("UNAVAILABLE", `Retraining ${runId} changes all the time: try again.`);
};

const checkAwaited = (run: WorkflowRun): void => {
  if (run.state === "approval") return;
  const now = isEnded(run) ? `has ended: ${run.outcome?.reason}` : `is at the step ${presentStep(run)?.name}`;
  throw conflict(run, `waits for nobody's approval; it ${now}`);
};

const because = ({ reason }: Wish): string => (reason ? `: ${reason}` : "");

const conflict = ({ id }: WorkflowRun, text: string): AppError => new AppError("CONFLICT", `Retraining ${id} ${text}.`);

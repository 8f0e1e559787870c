import { nextOf } from "./run-step.ts";
import { listLocks, openRun } from "./runs.ts";
import { type SettlePorts, settle } from "./settle.ts";
import type { WorkflowRun } from "./workflow.ts";
import { isEnded } from "./workflow.ts";

/** `runStep`, wherever it runs. */
export type StepRunner = (run: WorkflowRun) => Promise<WorkflowRun>;

export type AdvanceReport = {
  /** Runs that something was done of, as they are now. */
  advanced: WorkflowRun[];
  failed: { detector: string; run: string; error: unknown }[];
};

/**
 * Takes every open run as far as it goes now, one step after the other, a step of each in turn. Called by a schedule: what is left
 * when the time is up, what waits and what failed is the next call's. One that cannot be read does not keep the others waiting.
 * @param untilMs no step begins later
 */
export const advanceWorkflows = async (
  ports: SettlePorts,
  runner: { name: string; step: StepRunner },
  untilMs: number,
): Promise<AdvanceReport> => {
  const report: AdvanceReport = { advanced: [], failed: [] };
  const last = new Map<string, WorkflowRun>();
  let open: WorkflowRun[] = [];
  for (const lock of await listLocks(ports.table)) {
    try {
      open.push(await openRun(ports.table, lock));
    } catch (error) {
      report.failed.push({ detector: lock.detector, run: lock.id, error });
    }
  }
  while (open.length > 0 && ports.clock() < untilMs) {
    const due: WorkflowRun[] = [];
    for (const run of open) {
      try {
        if (isEnded(run)) await settle(ports, run);
        if (nextOf(run, ports.clock(), runner.name).kind !== "step") continue;
        const next = await runner.step(run);
        last.set(run.detector, next);
        due.push(next);
      } catch (error) {
        report.failed.push({ detector: run.detector, run: run.id, error });
      }
    }
    open = due;
  }
  return { ...report, advanced: [...last.values()] };
};

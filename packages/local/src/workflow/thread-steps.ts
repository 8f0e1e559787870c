import { AppError } from "@tidewatch/core/errors";
import type { RegistryPorts } from "@tidewatch/core/register/models";
import { getMetricDetector } from "@tidewatch/core/store/detectors";
import type { Clock } from "@tidewatch/core/store/ports";
import type { StepRunner } from "@tidewatch/core/train/workflow/advance";
import { giveUpRun } from "@tidewatch/core/train/workflow/hands";
import { presentStep, type WorkflowStepName } from "@tidewatch/core/train/workflow/workflow";
import type { ThreadTrainer } from "../training/thread-trainer.ts";

/** Beyond the budget: for the start of the thread, and for the end of what is nearly done. */
const GRACE_MS = 15_000;
/** Of a detector that is gone; its step will say so. */
const NO_BUDGET_SECONDS = 60;
/** Steps that wait for days, and look for a moment each minute: their looks together are no training. */
const LOOKS: readonly (WorkflowStepName | undefined)[] = ["shadow", "watch"];

/** Steps in threads of their own, each ended when it has used up what is left of its run's budget; a look has all of it. */
export const threadSteps =
  (ports: RegistryPorts & { clock: Clock }, trainer: Pick<ThreadTrainer, "step">, pollSeconds?: number): StepRunner =>
  async (run) => {
    const { detector, id, spentMs } = run;
    const stored = await getMetricDetector(ports.table, detector);
    const seconds = stored?.detector.retraining.budget.seconds ?? NO_BUDGET_SECONDS;
    const what = `it took longer than its budget of ${seconds} s: raise retraining.budget, or lower model.maxTrainingRows`;
    const spent = LOOKS.includes(presentStep(run)?.name) ? 0 : spentMs;
    const limit = { ms: Math.max(0, seconds * 1000 - spent) + GRACE_MS, what };
    try {
      return await trainer.step(detector, { runId: id, pollSeconds }, limit);
    } catch (error) {
      if (!(error instanceof AppError && error.message === what)) throw error;
      return await giveUpRun(ports, detector, id, what);
    }
  };

import { AppError } from "@tidewatch/core/errors";
import type { RegistryPorts } from "@tidewatch/core/register/models";
import { getMetricDetector } from "@tidewatch/core/store/detectors";
import type { Clock } from "@tidewatch/core/store/ports";
import type { StepRunner } from "@tidewatch/core/train/workflow/advance";
import { giveUpRun } from "@tidewatch/core/train/workflow/hands";
import { isLearning, presentStep } from "@tidewatch/core/train/workflow/workflow";
import type { ThreadTrainer } from "../training/thread-trainer.ts";

/** Beyond the budget: for the start of the thread, and for the end of what is nearly done. */
const GRACE_MS = 15_000;
/** As long as a runner may hold a step. */
const LOOK_MS = 15 * 60_000;
/** Of a detector that is gone; its step will say so. */
const NO_BUDGET_SECONDS = 60;

/** Steps in threads of their own, each ended when it has used up what is left of its run's budget. */
export const threadSteps =
  (ports: RegistryPorts & { clock: Clock }, trainer: Pick<ThreadTrainer, "step">, pollSeconds?: number): StepRunner =>
  async (run) => {
    const { detector, id, spentMs } = run;
    const stored = await getMetricDetector(ports.table, detector);
    const seconds = stored?.detector.retraining.budget.seconds ?? NO_BUDGET_SECONDS;
    const what = `it took longer than its budget of ${seconds} s: raise retraining.budget, or lower model.maxTrainingRows`;
    const step = presentStep(run);
    // A look at a model that is live is no part of the budget: a run must not end by it, and leave the model unwatched.
    const leftMs = step && !isLearning(step) ? LOOK_MS : Math.max(0, seconds * 1000 - spentMs);
    const limit = { ms: leftMs + GRACE_MS, what };
    try {
      return await trainer.step(detector, { runId: id, pollSeconds }, limit);
    } catch (error) {
      if (!(error instanceof AppError && error.message === what)) throw error;
      return await giveUpRun(ports, detector, id, what);
    }
  };

import type { StepRunner } from "@tidewatch/core/train/workflow/advance";
import type { StartPorts } from "@tidewatch/core/train/workflow/start";
import type { WorkflowRun } from "@tidewatch/core/train/workflow/workflow";
import { workflowAdvancer, workflowStarter } from "@tidewatch/functions/workflow-handler";
import type { Log } from "../runtime/log.ts";
import { every, parseRate } from "../schedule/rate.ts";
import type { Schedules } from "../schedule/schedule.ts";
import { LOCAL_RUNNER } from "./runner.ts";

const START_RATE = "rate(1 minute)";
/** One read each time, and one for each open run. */
const ADVANCE_EVERY_SECONDS = 2;
/** A call that goes on for longer makes way for the next one, which sees what has begun meanwhile. */
const ADVANCE_SPAN_MS = 60_000;

/** Retraining by the clock: begins what is due, and takes what is open step by step. */
export const addWorkflowSchedules = (
  schedules: Schedules,
  { step, log, ...ports }: StartPorts & { step: StepRunner; log: Log },
): void => {
  const starter = workflowStarter({
    ...ports,
    onReport({ started, failed }) {
      for (const run of started) log({ level: "info", message: "a retraining begins", ...factsOf(run) });
      for (const { detector, error } of failed) {
        log({ level: "warn", message: "could not see whether to retrain", detector, error: String(error) });
      }
    },
  });
  const advancer = workflowAdvancer({
    ...ports,
    ...{ runner: { name: LOCAL_RUNNER, step }, spanMs: ADVANCE_SPAN_MS },
    onReport({ advanced, failed }) {
      for (const run of advanced) {
        if (!run.outcome) continue;
        const level = run.outcome.kind === "failed" ? "warn" : "info";
        log({ level, message: "a retraining has ended", ...factsOf(run), ...run.outcome });
      }
      for (const { error, ...facts } of failed) {
        log({ level: "warn", message: "a step of a retraining did not run", ...facts, error: String(error) });
      }
    },
  });
  schedules.add("start-retraining", parseRate(START_RATE), starter);
  schedules.add("advance-retraining", every(ADVANCE_EVERY_SECONDS), advancer);
};

const factsOf = ({ detector, id, trigger }: WorkflowRun) => ({ detector, run: id, trigger: trigger.kind });

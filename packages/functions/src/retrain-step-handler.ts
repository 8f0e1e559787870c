import { giveUpRun } from "@tidewatch/core/train/workflow/hands";
import { nextOf, runStep } from "@tidewatch/core/train/workflow/run-step";
import type { WorkflowPorts } from "@tidewatch/core/train/workflow/step";
import { isEnded, presentStep, type WorkflowRun } from "@tidewatch/core/train/workflow/workflow";
import { executionName, LOOK_SECONDS, type MachineOrder, type MachineState } from "./retrain-machine.ts";

export type StepHandlerPorts = {
  /** `onTrees`: told what a forest wants that is too large for one function. */
  portsOf: (runner: string, onTrees: (planKey: string) => void) => WorkflowPorts;
  /** What came of each call, for logs and metrics. */
  onReport: (run: WorkflowRun) => void;
};

/** Called by the state machine, state by state: a step of a retraining, or a look at what it waits for. */
export const retrainStepHandler =
  ({ portsOf, onReport }: StepHandlerPorts) =>
  async ({ detector, run: id, execution, failure }: MachineOrder): Promise<MachineState> => {
    let trees: string | undefined;
    const ports = portsOf(execution, (planKey) => {
      trees = planKey;
    });
    const run = failure
      ? await giveUpRun(ports, detector, id, `the state machine gave it up: ${failure.Error}`)
      : await runStep(ports, detector, id);
    onReport(run);
    const at = machineState(run, ports.clock(), execution);
    return at.state === "open" && trees !== undefined ? { ...at, trees } : at;
  };

/** Where the state machine goes next with a run. */
export const machineState = (run: WorkflowRun, nowMs: number, execution: string): MachineState => {
  const { detector, id } = run;
  const step = (presentStep(run) ?? run.steps.at(-1)!).name;
  const at = { detector, run: id, step, seconds: 0 };
  if (isEnded(run)) return { ...at, state: run.outcome?.kind === "failed" ? "failed" : "ended" };
  if (executionName(run, nowMs) !== execution) return { ...at, state: "left" };
  const next = nextOf(run, nowMs, execution);
  if (next.kind !== "wait") return { ...at, state: "open" };
  // A person's answer is looked for no more often than the rest.
  const waitMs = run.state === "approval" ? LOOK_SECONDS * 1000 : next.untilMs - nowMs;
  return { ...at, state: "open", seconds: Math.max(1, Math.ceil(waitMs / 1000)) };
};

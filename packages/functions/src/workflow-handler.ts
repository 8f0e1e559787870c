import { type AdvanceReport, advanceWorkflows, type StepRunner } from "@tidewatch/core/train/workflow/advance";
import { nextOf, runStep } from "@tidewatch/core/train/workflow/run-step";
import type { StartPorts } from "@tidewatch/core/train/workflow/start";
import type { WorkflowPorts } from "@tidewatch/core/train/workflow/step";
import { startDueWorkflows, type TriggerReport } from "@tidewatch/core/train/workflow/triggers";
import type { WorkflowRun } from "@tidewatch/core/train/workflow/workflow";

/** Called by a schedule, whatever the event says: begins the retrainings that are due. */
export const workflowStarter =
  ({ onReport, ...ports }: StartPorts & { onReport: (report: TriggerReport) => void }) =>
  async (): Promise<void> =>
    onReport(await startDueWorkflows(ports));

export type AdvancePorts = StartPorts & {
  runner: { name: string; step: StepRunner };
  /** No step begins when a call has taken so long. */
  spanMs: number;
  onReport: (report: AdvanceReport) => void;
};

/** Called by a schedule where steps run one after the other: takes each open retraining as far as it goes. */
export const workflowAdvancer =
  ({ runner, spanMs, onReport, ...ports }: AdvancePorts) =>
  async (): Promise<void> =>
    onReport(await advanceWorkflows(ports, runner, ports.clock() + spanMs));

/** A run, by a state machine's input. */
export type StepOrder = { detector: string; run: string };
/** What the state machine does next: the same state again at once, or after so many seconds, or its end. */
export type StepAnswer = StepOrder & {
  next: "step" | "wait" | "done";
  seconds: number;
  state: WorkflowRun["state"];
};

/** Called by a state machine, state by state: a step of a retraining, or a look at what it waits for. */
export const workflowStepHandler =
  (ports: WorkflowPorts) =>
  async (order: StepOrder): Promise<StepAnswer> => {
    const run = await runStep(ports, order.detector, order.run);
    const nowMs = ports.clock();
    const next = nextOf(run, nowMs, ports.runner);
    const seconds = next.kind === "wait" ? Math.max(1, Math.ceil((next.untilMs - nowMs) / 1000)) : 0;
    return { detector: run.detector, run: run.id, next: next.kind, seconds, state: run.state };
  };

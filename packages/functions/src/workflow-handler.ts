import { type AdvanceReport, advanceWorkflows, type StepRunner } from "@tidewatch/core/train/workflow/advance";
import type { StartPorts } from "@tidewatch/core/train/workflow/start";
import { startDueWorkflows, type TriggerReport } from "@tidewatch/core/train/workflow/triggers";

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

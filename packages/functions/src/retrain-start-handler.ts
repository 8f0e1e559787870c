import { listLocks, openRun } from "@tidewatch/core/train/workflow/runs";
import { settle } from "@tidewatch/core/train/workflow/settle";
import type { StartPorts } from "@tidewatch/core/train/workflow/start";
import { startDueWorkflows, type TriggerReport } from "@tidewatch/core/train/workflow/triggers";
import { isEnded } from "@tidewatch/core/train/workflow/workflow";
import { executionName, type MachineState } from "./retrain-machine.ts";
import { machineState } from "./retrain-step-handler.ts";

/** Starts an execution of the state machine; does nothing where there is, or was, one of that name. */
export type StartExecution = (name: string, input: MachineState) => Promise<void>;

export type RetrainStartPorts = StartPorts & {
  startExecution: StartExecution;
  onReport: (report: TriggerReport) => void;
};

/**
 * Called by a schedule, and by drift: begins the retrainings that are due, then sees to it that each open one, whoever began
 * it, has an execution of the state machine.
 */
export const retrainStartHandler =
  ({ startExecution, onReport, ...ports }: RetrainStartPorts) =>
  async (): Promise<void> => {
    const report = await startDueWorkflows(ports);
    for (const lock of await listLocks(ports.table)) {
      try {
        const run = await openRun(ports.table, lock);
        if (isEnded(run)) {
          await settle(ports, run);
          continue;
        }
        const nowMs = ports.clock();
        const name = executionName(lock, nowMs);
        await startExecution(name, machineState(run, nowMs, name));
      } catch (error) {
        report.failed.push({ detector: lock.detector, error });
      }
    }
    onReport(report);
  };

import { AppError } from "../../errors.ts";
import { endShadow } from "../../promote/shadow.ts";
import type { RegistryPorts } from "../../register/models.ts";
import type { Clock } from "../../store/ports.ts";
import { killCandidate } from "./candidate-log.ts";
import { removeLock } from "./runs.ts";
import type { WorkflowRun } from "./workflow.ts";

export type SettlePorts = RegistryPorts & { clock: Clock };

/**
 * What is left to do when a run has ended: its model is challenger no more, and the detector may have another run. It may be
 * done any number of times.
 */
export const settle = async (ports: SettlePorts, run: WorkflowRun): Promise<void> => {
  if (run.version !== undefined && run.outcome?.kind !== "shadowed") {
    const cause = { by: workflowName(run), reason: `the retraining has ended: ${run.outcome?.kind}` };
    await endShadow(ports, run.detector, run.version, run.updatedAtMs, cause).catch(movedMeanwhile);
  }
  if (run.outcome?.kind === "cancelled" || run.outcome?.kind === "failed") await killCandidate(ports, run);
  await removeLock(ports.table, run);
};

/** Then it is no longer this run's to take away. */
const movedMeanwhile = (error: unknown): void => {
  if (!(error instanceof AppError && error.code === "CONFLICT")) throw error;
};

/** Who a retraining is in the histories of aliases. */
export const workflowName = ({ id }: Pick<WorkflowRun, "id">): string => `retraining ${id}`;

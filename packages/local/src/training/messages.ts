import type { ErrorCode } from "@tidewatch/core/errors";
import type { TrainedModel } from "@tidewatch/core/train/run";
import type { WorkflowRun } from "@tidewatch/core/train/workflow/workflow";

/** What a training thread is started for: a detector's training, or a step of its retraining. */
export type TrainingOrder = { directory: string; detectorId: string; retraining?: RetrainingOrder };
export type RetrainingOrder = { runId: string; pollSeconds?: number | undefined };
/** Its one answer. Errors cross threads as text, and lose their class on the way. */
export type TrainingReport =
  | { kind: "trained"; model: TrainedModel }
  | { kind: "stepped"; run: WorkflowRun }
  | { kind: "failed"; code: ErrorCode; message: string };

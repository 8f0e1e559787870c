import type { ErrorCode } from "@tidewatch/core/errors";
import type { TrainedModel } from "@tidewatch/core/train/run";

/** What a training thread is started for. */
export type TrainingOrder = { directory: string; detectorId: string };
/** Its one answer. Errors cross threads as text, and lose their class on the way. */
export type TrainingReport =
  | { kind: "trained"; model: TrainedModel }
  | { kind: "failed"; code: ErrorCode; message: string };

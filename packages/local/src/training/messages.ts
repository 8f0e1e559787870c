import type { ErrorCode } from "@tidewatch/core/errors";
import type { Manifest } from "@tidewatch/core/model/manifest";

/** What a training thread is started for. */
export type TrainingOrder = { directory: string; detectorId: string };
/** Its one answer. Errors cross threads as text, and lose their class on the way. */
export type TrainingReport =
  | { kind: "trained"; manifest: Manifest }
  | { kind: "failed"; code: ErrorCode; message: string };

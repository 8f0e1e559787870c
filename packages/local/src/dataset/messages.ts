import type { DatasetInfo, DatasetQuery } from "@tidewatch/core/dataset/dataset";
import type { RetentionRules } from "@tidewatch/core/dataset/retention";
import type { ErrorCode } from "@tidewatch/core/errors";
import type { CompactReport } from "@tidewatch/functions/dataset/compact";
import type { RetainReport } from "@tidewatch/functions/dataset/retain";

/** What a process is started for. `takenUntilMs`: every record that arrived before is archived. */
export type DatasetOrder = { directory: string } & (
  | { kind: "freeze"; query: DatasetQuery }
  | { kind: "compact"; takenUntilMs: number; rules: RetentionRules }
);
export type Compacted = CompactReport & RetainReport;
/** Its one answer. Errors lose their class on the way. */
export type DatasetReport =
  | { kind: "frozen"; info: DatasetInfo }
  | { kind: "compacted"; report: Compacted }
  | { kind: "failed"; code: ErrorCode; message: string };

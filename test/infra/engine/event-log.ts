import { appendFileSync } from "node:fs";
import type { PlannedResource } from "./deployment.ts";

/** Pulumi's engine events, one JSON object per line; the SST command follows the file to show what goes on. */
export const openEventLog = (path: string) => {
  let sequence = 0;
  const emit = (event: object) => {
    const timestamp = Math.floor(Date.now() / 1000);
    appendFileSync(path, `${JSON.stringify({ sequence: sequence++, timestamp, ...event })}\n`);
  };
  emit({ preludeEvent: { config: {} } });
  return {
    resource: (op: "create" | "delete", resource: PlannedResource, planning: boolean) => {
      const metadata = metadataOf(op, resource);
      emit({ resourcePreEvent: { metadata, planning } });
      emit({ resOutputsEvent: { metadata, planning } });
    },
    error: (message: string) => emit({ diagnosticEvent: { message, color: "never", severity: "error" } }),
    summary: (resourceChanges: Record<string, number>, isPreview: boolean) =>
      emit({ summaryEvent: { maybeCorrupt: false, durationSeconds: 1, resourceChanges, policyPacks: {}, isPreview } }),
  };
};

const metadataOf = (
  op: "create" | "delete",
  { urn, type, custom, id, parent = "", inputs, outputs }: PlannedResource,
) => {
  const state = { type, urn, custom, id, parent, provider: "", inputs, outputs: { ...inputs, ...outputs } };
  const added = Object.keys(inputs).map((key) => [key, { diffKind: "add", inputDiff: true }]);
  return {
    ...{ op, urn, type, provider: "", logical: true, keys: null, diffs: null },
    ...(op === "create" ? { old: null, new: state } : { old: state, new: null }),
    detailedDiff: custom && op === "create" ? Object.fromEntries(added) : {},
  };
};

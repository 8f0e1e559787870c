import { useCallback } from "react";
import { getJson } from "../api/json.ts";
import { withQuery } from "../api/paths.ts";
import type { WorkflowList, WorkflowRun } from "../api/shapes.ts";
import { type Polled, usePolling } from "../api/use-polling.ts";

/** Steps take seconds to days. */
const POLL_MS = 5000;

/** The newest retraining of a detector; `null` when there was none. */
export const useRetraining = (detector: string): Polled<WorkflowRun | null> => {
  const load = useCallback(
    async (signal: AbortSignal) => {
      const { items } = await getJson<WorkflowList>(withQuery("/v1/workflows", { detector, limit: 1 }), signal);
      return items[0] ?? null;
    },
    [detector],
  );
  return usePolling(load, POLL_MS);
};

import { useCallback } from "react";
import { getJson, isNotFound } from "../api/json.ts";
import { modelPath, withQuery } from "../api/paths.ts";
import type { ModelDetail, WorkflowList, WorkflowRun } from "../api/shapes.ts";
import { type Polled, usePolling } from "../api/use-polling.ts";

/** Steps take seconds to days. */
const POLL_MS = 5000;

export type Detail = {
  /** What each alias names; none before the first version. */
  aliases: ModelDetail["aliases"];
  /** The newest retraining; `null` when there was none. */
  run: WorkflowRun | null;
};

export const useDetail = (name: string): Polled<Detail> => {
  const load = useCallback(
    async (signal: AbortSignal): Promise<Detail> => {
      const [model, runs] = await Promise.all([
        getJson<ModelDetail>(withQuery(modelPath(name), { limit: 1 }), signal).catch(unlessNotFound),
        getJson<WorkflowList>(withQuery("/v1/workflows", { detector: name, limit: 1 }), signal),
      ]);
      return { aliases: model?.aliases ?? {}, run: runs.items[0] ?? null };
    },
    [name],
  );
  return usePolling(load, POLL_MS);
};

const unlessNotFound = (error: unknown): undefined => {
  if (!isNotFound(error)) throw error;
};

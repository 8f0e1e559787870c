import { useCallback } from "react";
import { getJson } from "../api/json.ts";
import { withQuery } from "../api/paths.ts";
import type { Model, ModelList, WorkflowList, WorkflowRun } from "../api/shapes.ts";
import { type Polled, usePolling } from "../api/use-polling.ts";

const POLL_MS = 10_000;
const MOST_MODELS = 200;

export type Models = { models: Model[]; hasMore: boolean; open: WorkflowRun[] };

/** All models with their aliases, and the retrainings that are under way. */
export const useModels = (): Polled<Models> => {
  const load = useCallback(async (signal: AbortSignal): Promise<Models> => {
    const [models, open] = await Promise.all([
      getJson<ModelList>(withQuery("/v1/models", { limit: MOST_MODELS }), signal),
      getJson<WorkflowList>("/v1/workflows", signal),
    ]);
    return { models: models.items, hasMore: models.cursor !== null, open: open.items };
  }, []);
  return usePolling(load, POLL_MS);
};

import { setTimeout as sleep } from "node:timers/promises";
import { isEnded } from "@tidewatch/core/train/workflow/workflow";
import type { Workflow } from "@tidewatch/functions/api/schemas/workflows";
import { httpClient, type Server } from "../http/client.ts";

/** Between two looks at a retraining that somebody waits for. */
const LOOK_MS = 1000;

/** Retrainings of a server. */
export const workflowAdmin = (server: Server) => {
  const client = httpClient(server);
  const pathOf = (detector: string, run: string): string =>
    `/v1/workflows/${encodeURIComponent(detector)}/${encodeURIComponent(run)}`;
  const get = async (detector: string, run: string): Promise<Workflow> =>
    (await client.request("GET", pathOf(detector, run))) as Workflow;
  return {
    get,
    async start(detector: string): Promise<Workflow> {
      return (await client.request("POST", "/v1/workflows", { body: JSON.stringify({ detector }) })) as Workflow;
    },
    /** Of a detector the newest ones; without one those that are under way. */
    async list(detector: string | undefined, limit: number): Promise<Workflow[]> {
      const query = new URLSearchParams({ limit: String(limit), ...(detector === undefined ? {} : { detector }) });
      return ((await client.request("GET", `/v1/workflows?${query}`)) as { items: Workflow[] }).items;
    },
    /** @throws AppError NOT_FOUND */
    async checkDetector(detector: string): Promise<void> {
      await client.request("GET", `/v1/detectors/${encodeURIComponent(detector)}`);
    },
    async ask(
      verb: "approve" | "reject" | "cancel",
      detector: string,
      run: string,
      reason?: string,
    ): Promise<Workflow> {
      const body = JSON.stringify(reason === undefined ? {} : { reason });
      return (await client.request("POST", `${pathOf(detector, run)}/${verb}`, { body })) as Workflow;
    },
    /** Looks until it has ended, or waits for a person; `onChange` sees each state that differs from the one before. */
    async wait(run: Workflow, onChange: (run: Workflow) => void, signal: AbortSignal): Promise<Workflow> {
      let [now, shown] = [run, ""];
      for (;;) {
        const text = JSON.stringify(now.steps);
        if (text !== shown) onChange(now);
        shown = text;
        if (isEnded(now) || now.state === "approval") return now;
        await sleep(LOOK_MS, undefined, { signal });
        now = await get(run.detector, run.id);
      }
    },
  };
};
export type WorkflowAdmin = ReturnType<typeof workflowAdmin>;

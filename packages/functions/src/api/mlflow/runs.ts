import { randomUUID } from "node:crypto";
import { RUN_STATUSES, RunStatus } from "@tidewatch/core/runs/run";
import { changeRun, createRunIn, getRun } from "@tidewatch/core/runs/runs";
import { searchRuns } from "@tidewatch/core/runs/search/search-runs";
import { setTags } from "@tidewatch/core/runs/tags";
import { z } from "zod";
import { endpoint } from "./endpoint.ts";
import { runInfoOut, runOut } from "./entities.ts";
import { int64, keyValues, maxResults, pageToken, repeated, required, text, tokenOut, viewType } from "./wire.ts";

/** The tag that holds a run's name too: MLflow keeps the two the same. */
export const RUN_NAME_TAG = "mlflow.runName";

/** `run_uuid` is the name that the first clients had for it. */
export const runIdOf = <T extends z.ZodRawShape>(shape: T) =>
  z.preprocess(
    (sent) => {
      const { run_id, run_uuid, ...rest } = sent as { run_id?: unknown; run_uuid?: unknown };
      return { ...rest, run_id: run_id || run_uuid };
    },
    z.object({ ...shape, run_id: required }),
  );

const status = z.preprocess(
  (value) => (/^[1-5]$/.test(String(value)) ? RUN_STATUSES[Number(value) - 1] : value),
  RunStatus.optional(),
);

export const RUNS = [
  endpoint(
    "POST runs/create",
    "operate",
    z.object({
      experiment_id: text.default("0"),
      user_id: text.default(""),
      run_name: text.optional(),
      start_time: int64.optional(),
      tags: keyValues,
    }),
    async (sent, ports) => {
      const id = randomUUID().replaceAll("-", "");
      const name = sent.run_name || sent.tags[RUN_NAME_TAG] || `run-${id.slice(0, 8)}`;
      const startMs = sent.start_time ?? ports.clock();
      const tags = { ...sent.tags, [RUN_NAME_TAG]: name };
      await createRunIn(ports, sent.experiment_id, { id, name, startMs, userId: sent.user_id, tags });
      return { run: runOut(await getRun(ports, id)) };
    },
  ),
  endpoint("GET runs/get", "read", runIdOf({}), async ({ run_id }, ports) => ({
    run: runOut(await getRun(ports, run_id)),
  })),
  endpoint(
    "POST runs/update",
    "operate",
    runIdOf({ status, end_time: int64.optional(), run_name: text.optional() }),
    async ({ run_id, status: wanted, end_time, run_name }, ports) => {
      const change = {
        ...(wanted !== undefined && { status: wanted }),
        ...(end_time !== undefined && { endMs: end_time }),
        ...(run_name && { name: run_name }),
      };
      const head = await changeRun(ports, run_id, change, ports.clock());
      if (run_name) await setTags(ports, run_id, { [RUN_NAME_TAG]: run_name });
      return { run_info: runInfoOut(head) };
    },
  ),
  endpoint("POST runs/delete", "operate", runIdOf({}), async ({ run_id }, ports) => {
    await changeRun(ports, run_id, { stage: "deleted" }, ports.clock());
    return undefined;
  }),
  endpoint("POST runs/restore", "operate", runIdOf({}), async ({ run_id }, ports) => {
    await changeRun(ports, run_id, { stage: "active" }, ports.clock());
    return undefined;
  }),
  endpoint(
    "POST runs/search",
    "read",
    z.object({
      experiment_ids: repeated(z.coerce.string()),
      filter: text.default(""),
      run_view_type: viewType,
      max_results: maxResults(1000, 50_000),
      order_by: repeated(text),
      page_token: pageToken,
    }),
    async (sent, ports) => {
      const { runs, after } = await searchRuns(ports, {
        ...{ experimentIds: sent.experiment_ids, filter: sent.filter, orderBy: sent.order_by },
        ...{ stages: sent.run_view_type, limit: sent.max_results, after: sent.page_token },
      });
      return { runs: runs.map(runOut), next_page_token: tokenOut(after) };
    },
  ),
];

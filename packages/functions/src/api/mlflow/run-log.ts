import { AppError } from "@tidewatch/core/errors";
import { logInputs, logOutputs } from "@tidewatch/core/runs/inputs";
import {
  MAX_ENTRIES_AT_ONCE,
  MAX_METRICS_AT_ONCE,
  MAX_PARAMS_AT_ONCE,
  MAX_TAGS_AT_ONCE,
} from "@tidewatch/core/runs/limits";
import { noteModelMetrics } from "@tidewatch/core/runs/logged-models";
import { logMetrics, metricHistory } from "@tidewatch/core/runs/metrics";
import { logParams } from "@tidewatch/core/runs/params";
import type { Metric } from "@tidewatch/core/runs/run";
import { changeRun, getRun, headOf } from "@tidewatch/core/runs/runs";
import { deleteTag, setTags } from "@tidewatch/core/runs/tags";
import { z } from "zod";
import { type Call, endpoint } from "./endpoint.ts";
import { metricOut } from "./entities.ts";
import { RUN_NAME_TAG, runIdOf } from "./runs.ts";
import { double, int64, keyValues, maxResults, pageToken, repeated, required, text, tokenOut } from "./wire.ts";

/** Points of one answer when the client asks for all of them. */
const MAX_HISTORY = 25_000;
/** The tag in which MLflow keeps what models a run logged. */
const MODEL_HISTORY_TAG = "mlflow.log-model.history";

const metricFields = {
  key: required,
  value: double,
  timestamp: int64,
  step: int64.default(0),
  model_id: text.optional(),
  dataset_name: text.optional(),
  dataset_digest: text.optional(),
};
const Pair = z.object({ key: required, value: text.default("") });
type SentMetric = z.output<z.ZodObject<typeof metricFields>>;

const metricOf = ({ key, value, timestamp, step, model_id, dataset_name, dataset_digest }: SentMetric): Metric => ({
  ...{ key, value, timestampMs: timestamp, step },
  ...(model_id && { modelId: model_id }),
  ...(dataset_name && { datasetName: dataset_name }),
  ...(dataset_digest && { datasetDigest: dataset_digest }),
});

/** @throws AppError NOT_FOUND, VALIDATION for a run that is deleted */
const openRun = async (ports: Call, runId: string): Promise<void> => {
  const { stage } = await headOf(ports, runId);
  if (stage === "active") return;
  throw new AppError("VALIDATION", `The run ${runId} must be in the 'active' state. Current state is ${stage}.`);
};

const log = async (ports: Call, runId: string, metrics: readonly SentMetric[]): Promise<void> => {
  const points = metrics.map(metricOf);
  await logMetrics(ports, runId, points);
  await noteModelMetrics(ports, runId, points);
};

const tag = async (ports: Call, runId: string, tags: Readonly<Record<string, string>>): Promise<void> => {
  await setTags(ports, runId, tags);
  const name = Object.hasOwn(tags, RUN_NAME_TAG) ? tags[RUN_NAME_TAG] : undefined;
  if (name !== undefined) await changeRun(ports, runId, { name }, ports.clock());
};

export const RUN_LOG = [
  endpoint("POST runs/log-metric", "operate", runIdOf(metricFields), async ({ run_id, ...metric }, ports) => {
    await openRun(ports, run_id);
    await log(ports, run_id, [metric]);
    return undefined;
  }),
  endpoint(
    "POST runs/log-parameter",
    "operate",
    runIdOf({ key: required, value: text.default("") }),
    async ({ run_id, key, value }, ports) => {
      await openRun(ports, run_id);
      await logParams(ports, run_id, { [key]: value });
      return undefined;
    },
  ),
  endpoint(
    "POST runs/log-batch",
    "operate",
    runIdOf({ metrics: repeated(z.object(metricFields)), params: repeated(Pair), tags: repeated(Pair) }),
    async ({ run_id, metrics, params, tags }, ports) => {
      checkCounts(metrics.length, params.length, tags.length);
      await openRun(ports, run_id);
      // Params can be refused: first, so that nothing else of the batch is written then.
      await logParams(ports, run_id, recordOf(params, run_id));
      await log(ports, run_id, metrics);
      await tag(ports, run_id, Object.fromEntries(tags.map(({ key, value }) => [key, value])));
      return undefined;
    },
  ),
  endpoint(
    "POST runs/set-tag",
    "operate",
    runIdOf({ key: required, value: text.default("") }),
    async ({ run_id, key, value }, ports) => {
      await openRun(ports, run_id);
      await tag(ports, run_id, { [key]: value });
      return undefined;
    },
  ),
  endpoint("POST runs/delete-tag", "operate", runIdOf({ key: required }), async ({ run_id, key }, ports) => {
    await openRun(ports, run_id);
    await deleteTag(ports, run_id, key);
    return undefined;
  }),
  endpoint(
    "POST runs/log-model",
    "operate",
    runIdOf({ model_json: required }),
    async ({ run_id, model_json }, ports) => {
      const { tags } = await getRun(ports, run_id);
      const history = listIn(tags[MODEL_HISTORY_TAG] ?? "[]");
      await tag(ports, run_id, { [MODEL_HISTORY_TAG]: JSON.stringify([...history, modelIn(model_json)]) });
      return undefined;
    },
  ),
  endpoint(
    "POST runs/log-inputs",
    "operate",
    runIdOf({
      datasets: repeated(
        z.object({
          tags: keyValues,
          dataset: z.object({
            ...{ name: required, digest: required, source_type: required, source: text },
            ...{ schema: text.optional(), profile: text.optional() },
          }),
        }),
      ),
      models: repeated(z.object({ model_id: required })),
    }),
    async ({ run_id, datasets, models }, ports) => {
      await openRun(ports, run_id);
      await logInputs(ports, run_id, {
        models: models.map(({ model_id }) => ({ modelId: model_id, step: 0 })),
        datasets: datasets.map(({ tags, dataset: { source_type, schema, profile, ...dataset } }) => ({
          ...{ ...dataset, sourceType: source_type, tags },
          ...(schema !== undefined && { schema }),
          ...(profile !== undefined && { profile }),
        })),
      });
      return undefined;
    },
  ),
  endpoint(
    "POST runs/outputs",
    "operate",
    runIdOf({ models: repeated(z.object({ model_id: required, step: int64.default(0) })) }),
    async ({ run_id, models }, ports) => {
      await openRun(ports, run_id);
      await logOutputs(
        ports,
        run_id,
        models.map(({ model_id, step }) => ({ modelId: model_id, step })),
      );
      return undefined;
    },
  ),
  endpoint(
    "GET metrics/get-history",
    "read",
    runIdOf({ metric_key: required, page_token: pageToken, max_results: maxResults(MAX_HISTORY, MAX_HISTORY) }),
    async ({ run_id, metric_key, page_token, max_results }, ports) => {
      await headOf(ports, run_id);
      const page = await metricHistory(ports, run_id, metric_key, { limit: max_results, after: page_token });
      const metrics = page.points.map((point) => metricOut(metric_key, point, run_id));
      return { metrics, next_page_token: tokenOut(page.after) };
    },
  ),
];

const recordOf = (params: readonly { key: string; value: string }[], runId: string): Record<string, string> => {
  const record = Object.fromEntries(params.map(({ key, value }) => [key, value]));
  const twice = params.find(({ key, value }) => record[key] !== value);
  if (!twice) return record;
  throw new AppError("VALIDATION", `Duplicate parameter keys have been submitted for run ${runId}: ${twice.key}`);
};

const checkCounts = (metrics: number, params: number, tags: number): void => {
  const limits = [
    ["metrics", metrics, MAX_METRICS_AT_ONCE],
    ["params", params, MAX_PARAMS_AT_ONCE],
    ["tags", tags, MAX_TAGS_AT_ONCE],
    ["metrics, params, and tags", metrics + params + tags, MAX_ENTRIES_AT_ONCE],
  ] as const;
  for (const [what, count, most] of limits) {
    if (count <= most) continue;
    const message = `A batch logging request can contain at most ${most} ${what}. Got ${count} ${what}.`;
    throw new AppError("VALIDATION", `${message} Please split up ${what} across multiple requests and try again.`);
  }
};

const listIn = (json: string): unknown[] => {
  const value: unknown = parse(json);
  return Array.isArray(value) ? value : [];
};

const modelIn = (json: string): object => {
  const value = parse(json);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new AppError("VALIDATION", "Malformed model info. It must be a JSON object.");
};

const parse = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    throw new AppError("VALIDATION", "Malformed model info. It must be JSON.");
  }
};

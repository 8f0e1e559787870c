import { z } from "zod";
import { AppError } from "../errors.ts";
import { loggedModelKey, loggedModelListKey, loggedModelMetricKey } from "../store/keys.ts";
import type { Item, Table } from "../store/ports.ts";
import { isNewer, pointIn, storedPoint } from "./metrics.ts";
import { ExperimentId, type Metric, type MetricPoint, Params, Tags } from "./run.ts";
import { anyway, changeItem, documentOf, putNew, readAll, removal } from "./write.ts";

/**
 * Models as MLflow 3 logs them: something with artifacts, params and tags that a run made, before anybody registers it. Params
 * and tags stand in the model's one item, so they are limited together by what an item can hold.
 */

const LOGGED_MODEL_STATUSES = ["PENDING", "READY", "UPLOAD_FAILED"] as const;

const LoggedModelDoc = z.strictObject({
  id: z.string().regex(/^m-[0-9a-f]{32}$/),
  experimentId: ExperimentId,
  name: z.string().min(1).max(250),
  modelType: z.string().max(500),
  sourceRunId: z.string().max(256),
  status: z.enum(LOGGED_MODEL_STATUSES),
  createdAtMs: z.int(),
  updatedAtMs: z.int(),
  params: Params,
  tags: Tags,
});
type LoggedModelDoc = z.output<typeof LoggedModelDoc>;
/** `metrics`: the newest point of each that some run measured of it. */
export type LoggedModel = LoggedModelDoc & { metrics: ({ key: string; runId: string } & MetricPoint)[] };
type TablePort = { table: Table };

/** A repeat under the same id changes nothing. */
export const createLoggedModel = async (
  { table }: TablePort,
  model: Omit<LoggedModelDoc, "status" | "updatedAtMs">,
): Promise<void> => {
  const doc = LoggedModelDoc.parse({ ...model, status: "PENDING", updatedAtMs: model.createdAtMs });
  await putNew(table, loggedModelKey(doc.id), doc);
  await table.putMany([anyway(loggedModelListKey(doc.experimentId, doc.createdAtMs, doc.id), {})]);
};

/** @throws AppError NOT_FOUND */
export const getLoggedModel = async ({ table }: TablePort, id: string): Promise<LoggedModel> => {
  const items = await readAll(table, loggedModelKey(id).pk);
  const head = items.find(({ sk }) => sk === "HEAD");
  if (!head) throw noModel(id);
  const metrics = items.flatMap((item) => {
    const [part, runId = "", ...rest] = item.sk.split("#");
    return part === "METRIC" ? [{ key: rest.join("#"), runId, ...pointIn(item) }] : [];
  });
  return { ...parse(head), metrics };
};

export type LoggedModelChange = {
  status?: LoggedModelDoc["status"];
  params?: Record<string, string>;
  /** `null` takes a tag away. */
  tags?: Record<string, string | null>;
};

/** Changes what is named and leaves the rest; params are said once. @throws AppError NOT_FOUND, VALIDATION */
export const changeLoggedModel = async (
  ports: TablePort,
  id: string,
  { status, params = {}, tags = {} }: LoggedModelChange,
  nowMs: number,
): Promise<LoggedModel> => {
  await changeItem(ports.table, loggedModelKey(id), (item) => {
    if (!item) throw noModel(id);
    const now = parse(item);
    for (const [key, value] of Object.entries(params)) {
      if (!Object.hasOwn(now.params, key) || now.params[key] === value) continue;
      throw new AppError(
        "VALIDATION",
        `Changing param values is not allowed: '${key}' of ${id} is '${now.params[key]}'.`,
      );
    }
    return LoggedModelDoc.parse({
      ...now,
      ...(status !== undefined && { status }),
      params: { ...now.params, ...params },
      tags: Object.fromEntries(Object.entries({ ...now.tags, ...tags }).filter(([, value]) => value !== null)),
      updatedAtMs: nowMs,
    });
  });
  return getLoggedModel(ports, id);
};

/** Its artifacts stay. @throws AppError NOT_FOUND */
export const deleteLoggedModel = async (ports: TablePort, id: string): Promise<void> => {
  const { experimentId, createdAtMs } = await getLoggedModel(ports, id);
  await ports.table.putMany([removal(loggedModelListKey(experimentId, createdAtMs, id)), removal(loggedModelKey(id))]);
};

/** Of an experiment, in no order that means anything. */
export const listLoggedModels = async (ports: TablePort, experimentId: string): Promise<LoggedModel[]> => {
  const items = await readAll(ports.table, loggedModelListKey(experimentId, 0, "").pk);
  const models: LoggedModel[] = [];
  for (const { sk } of items) models.push(await getLoggedModel(ports, sk.slice(sk.indexOf("#") + 1)));
  return models;
};

/** Notes with the models what a run has measured of them. */
export const noteModelMetrics = async (
  { table }: TablePort,
  runId: string,
  metrics: readonly Metric[],
): Promise<void> => {
  for (const { key, modelId, ...point } of metrics) {
    if (modelId === undefined) continue;
    await changeItem(table, loggedModelMetricKey(modelId, runId, key), (item) =>
      item && !isNewer(point, pointIn(item)) ? undefined : storedPoint({ ...point, modelId }),
    );
  }
};

const noModel = (id: string): AppError => new AppError("NOT_FOUND", `Logged model with ID '${id}' not found.`);

const parse = (item: Item): LoggedModelDoc => {
  const parsed = LoggedModelDoc.safeParse(documentOf(item));
  if (parsed.success) return parsed.data;
  throw new AppError("CORRUPT", `the stored model ${item.pk} cannot be read`);
};

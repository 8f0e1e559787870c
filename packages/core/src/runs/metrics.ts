import { AppError } from "../errors.ts";
import { metricPointKey, metricPointPk, runPartKey } from "../store/keys.ts";
import type { Item, Table } from "../store/ports.ts";
import { EntryName, type Metric, MetricPoint } from "./run.ts";
import { anyway, behind, changeItem, documentOf } from "./write.ts";

type TablePort = { table: Table };

/**
 * Appends points of metrics. A point is its metric, step, time and value: the same one again is the same item. The newest
 * point of each metric is kept beside the run; it is the greatest, so that the order of writers does not matter.
 */
export const logMetrics = async (
  { table }: TablePort,
  runId: string,
  metrics: readonly (Omit<Metric, "step"> & { step?: number })[],
): Promise<void> => {
  const points = metrics.map(({ key, ...point }) => ({ key: EntryName.parse(key), point: MetricPoint.parse(point) }));
  if (points.length === 0) return;
  await table.putMany(
    points.map(({ key, point }) => {
      const { timestampMs, step, value } = point;
      return anyway(metricPointKey(runId, key, { timestampMs, step, value: `${value}` }), storedPoint(point));
    }),
  );
  const newest = new Map<string, MetricPoint>();
  for (const { key, point } of points) {
    const known = newest.get(key);
    if (!known || isNewer(point, known)) newest.set(key, point);
  }
  const keys = [...newest.keys()];
  const there = await table.getMany(keys.map((key) => runPartKey(runId, "METRIC", key)));
  const outcomes = await table.putMany(keys.flatMap((key, at) => newestPut(runId, key, newest.get(key)!, there[at])));
  if (!outcomes.includes("conflict")) return;
  for (const [key, point] of newest) {
    await changeItem(table, runPartKey(runId, "METRIC", key), (item) =>
      item && !isNewer(point, pointIn(item)) ? undefined : storedPoint(point),
    );
  }
};

const newestPut = (runId: string, key: string, point: MetricPoint, there: Item | undefined) => {
  if (there && !isNewer(point, pointIn(there))) return [];
  const item = { ...runPartKey(runId, "METRIC", key), version: (there?.version ?? 0) + 1 };
  const condition = there ? ({ kind: "version", version: there.version } as const) : ({ kind: "absent" } as const);
  return [{ item: { ...item, doc: JSON.stringify(storedPoint(point)) }, condition }];
};

export type HistoryQuery = { limit: number; after?: string | undefined };
/** `after` goes on behind this page; `undefined` at the end. */
export type HistoryPage = { points: MetricPoint[]; after: string | undefined };

/** Points of a metric in order of time, step and value. */
export const metricHistory = async (
  { table }: TablePort,
  runId: string,
  key: string,
  { limit, after }: HistoryQuery,
): Promise<HistoryPage> => {
  const from = after === undefined ? {} : { from: behind(after) };
  const items = await table.query({ pk: metricPointPk(runId, key), ...from, limit: limit + 1 });
  const page = items.slice(0, limit);
  return { points: page.map(pointIn), after: items.length > limit ? page.at(-1)?.sk : undefined };
};

/** MLflow's order: step, then time, then value. What is no number is below all numbers. */
export const isNewer = (a: MetricPoint, b: MetricPoint): boolean => {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestampMs !== b.timestampMs) return a.timestampMs > b.timestampMs;
  return a.value > b.value || (Number.isNaN(b.value) && !Number.isNaN(a.value));
};

/** JSON knows no NaN and nothing infinite: they are written as words. */
export const storedPoint = (point: MetricPoint) => ({
  ...point,
  value: Number.isFinite(point.value) ? point.value : String(point.value),
});

export const pointIn = (item: Item): MetricPoint => {
  const document = documentOf(item) as { value: number | string };
  const parsed = MetricPoint.safeParse({ ...document, value: Number(document.value) });
  if (parsed.success) return parsed.data;
  throw new AppError("CORRUPT", `the stored metric ${item.pk} ${item.sk} cannot be read`);
};

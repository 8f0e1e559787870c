import { createRoute, z } from "@hono/zod-openapi";
import { artifactFolder, listFolder } from "@tidewatch/core/runs/artifacts";
import { findExperiment, listExperiments } from "@tidewatch/core/runs/experiments";
import { metricHistory } from "@tidewatch/core/runs/metrics";
import type { MetricPoint, Run } from "@tidewatch/core/runs/run";
import { getRun, headOf } from "@tidewatch/core/runs/runs";
import { searchRuns } from "@tidewatch/core/runs/search/search-runs";
import { getMetricDetector } from "@tidewatch/core/store/detectors";
import type { Table } from "@tidewatch/core/store/ports";
import { countThatFit } from "../http/answer-size.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { cursorQuery, limitQuery } from "../schemas/paging.ts";
import { ExperimentList, MetricPage, RunDocument, RunPage, RunPath } from "../schemas/runs.ts";

const tags = ["Runs"];
/** Runs of a page: each is a range query. */
const MAX_PAGE = 200;

const experimentsRoute = createRoute({
  method: "get",
  path: "/v1/experiments",
  operationId: "listExperiments",
  ...needs("read"),
  tags,
  summary: "List the experiments",
  description: "By name. `Default` is there from the beginning.",
  responses: {
    200: { description: "All experiments.", content: { "application/json": { schema: ExperimentList } } },
    ...problemResponses("VALIDATION"),
  },
});

const listRoute = createRoute({
  method: "get",
  path: "/v1/runs",
  operationId: "listRuns",
  ...needs("read"),
  tags,
  summary: "List the runs of an experiment",
  description:
    "The latest start first. `filter` is MLflow's: ``metrics.f1 > 0.9 AND params.model LIKE 'var%' AND tags.`a b` = 'c'``. " +
    "A page of a filter may be short and go on all the same.",
  request: {
    query: z.object({
      experiment: z.string().min(1).max(500).openapi({ description: "Its name: a detector's, or one of yours." }),
      filter: z.string().max(20_000).default(""),
      limit: limitQuery(50, MAX_PAGE),
      cursor: cursorQuery,
    }),
  },
  responses: {
    200: { description: "A page of runs.", content: { "application/json": { schema: RunPage } } },
    ...problemResponses("NOT_FOUND", "VALIDATION"),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/runs/{id}",
  operationId: "getRun",
  ...needs("read"),
  tags,
  summary: "Get a run",
  description: "With its params, newest metrics, tags, datasets and artifacts.",
  request: { params: RunPath },
  responses: {
    200: { description: "The run.", content: { "application/json": { schema: RunDocument } } },
    ...problemResponses("NOT_FOUND", "VALIDATION"),
  },
});

const metricRoute = createRoute({
  method: "get",
  path: "/v1/runs/{id}/metric",
  operationId: "getRunMetric",
  ...needs("read"),
  tags,
  summary: "Get the points of a run's metric",
  description: "In order of time, then step. A metric that the run does not have has no points.",
  request: {
    params: RunPath,
    query: z.object({ name: z.string().min(1).max(250), limit: limitQuery(1000), cursor: cursorQuery }),
  },
  responses: {
    200: { description: "A page of points.", content: { "application/json": { schema: MetricPage } } },
    ...problemResponses("NOT_FOUND", "VALIDATION"),
  },
});

export const runRoutes = (app: Api, { table, blobs }: Pick<ApiPorts, "table" | "blobs">): void => {
  const ports = { table };
  app.openapi(experimentsRoute, async (c) => {
    const items = (await listExperiments(ports)).sort((a, b) => (a.name < b.name ? -1 : 1));
    return c.json({ items: items.map(({ updatedAtMs, ...experiment }) => experiment) }, 200);
  });
  app.openapi(listRoute, async (c) => {
    const { experiment: name, filter, limit, cursor } = c.req.valid("query");
    const experiment = await findExperiment(ports, name);
    if (!experiment) throw await noExperiment(table, name);
    const list = `runs ${JSON.stringify([experiment.id, filter])}`;
    const after = cursor === undefined ? undefined : decodeCursor(list, cursor, isAfter).after;
    const query = { experimentIds: [experiment.id], filter, orderBy: [], stages: ["active" as const] };
    const found = await searchRuns(ports, { ...query, limit, after });
    const items = found.runs.map(summaryOf);
    const fit = countThatFit(items);
    if (fit === items.length) {
      return c.json(
        { items, cursor: found.after === undefined ? null : encodeCursor(list, { after: found.after }) },
        200,
      );
    }
    const short = await searchRuns(ports, { ...query, limit: fit, after });
    return c.json({ items: items.slice(0, fit), cursor: encodeCursor(list, { after: short.after! }) }, 200);
  });
  app.openapi(getRoute, async (c) => {
    const run = await getRun(ports, c.req.valid("param").id);
    const { userId, inputs } = run;
    const artifacts = await listFolder({ blobs }, artifactFolder(run.id));
    return c.json({ ...summaryOf(run), userId, inputs, artifacts }, 200);
  });
  app.openapi(metricRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { name, limit, cursor } = c.req.valid("query");
    await headOf(ports, id);
    const list = `metric ${JSON.stringify([id, name])}`;
    const after = cursor === undefined ? undefined : decodeCursor(list, cursor, isAfter).after;
    const page = await metricHistory(ports, id, name, { limit, after });
    const next = page.after === undefined ? null : encodeCursor(list, { after: page.after });
    return c.json({ items: page.points.map(pointOf), cursor: next }, 200);
  });
};

const summaryOf = (run: Run) => ({
  ...{ id: run.id, experimentId: run.experimentId, name: run.name, status: run.status, stage: run.stage },
  ...{ startMs: run.startMs, ...(run.endMs !== undefined && { endMs: run.endMs }) },
  ...{ params: run.params, tags: run.tags },
  metrics: Object.fromEntries(Object.entries(run.metrics).map(([key, point]) => [key, pointOf(point)])),
});

const pointOf = ({ value, step, timestampMs }: MetricPoint) => ({ value: shown(value), step, timestampMs });

const shown = (value: number) => {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return "NaN" as const;
  return value > 0 ? ("Infinity" as const) : ("-Infinity" as const);
};

const isAfter = (position: Record<string, unknown>): position is { after: string } =>
  typeof position.after === "string";

/** An id is at most so long; a longer key is refused by tables. */
const MAX_ID = 63;

/** A detector's experiment is made by its first retraining. */
const noExperiment = async (table: Table, name: string) => {
  const isDetector = name.length <= MAX_ID && (await getMetricDetector(table, name)) !== undefined;
  const next = isDetector ? "the detector's first retraining makes it" : "GET /v1/experiments lists them";
  return httpError("NOT_FOUND", `There is no experiment "${name}"${isDetector ? " yet" : ""}: ${next}.`);
};

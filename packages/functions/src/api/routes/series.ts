import { createRoute, z } from "@hono/zod-openapi";
import { getMetricDetector } from "@tidewatch/core/store/detectors";
import { listSeries, type SeriesHead } from "@tidewatch/core/store/read-series";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import type { Results } from "../results/results.ts";
import { detectorWarmUp, seriesWarmUp, type WarmUp } from "../results/warm-up.ts";
import { cursorQuery, limitQuery } from "../schemas/paging.ts";
import { SeriesPage } from "../schemas/results.ts";
import { noDetector } from "./detectors-read.ts";

const route = createRoute({
  method: "get",
  path: "/v1/series",
  operationId: "listSeries",
  ...needs("read"),
  tags: ["Results"],
  summary: "List the series of a detector",
  description: "One for each entity that the detector has seen, in the byte order of their names.",
  request: {
    query: z.object({
      detector: z.string().openapi({ description: "The detector's id.", example: "web" }),
      limit: limitQuery(100),
      cursor: cursorQuery,
    }),
  },
  responses: {
    200: { description: "A page of series.", content: { "application/json": { schema: SeriesPage } } },
    ...problemResponses("NOT_FOUND", "CONFLICT", "VALIDATION"),
  },
});

export const seriesRoutes = (app: Api, { table }: Pick<ApiPorts, "table">, results: Results): void => {
  app.openapi(route, async (c) => {
    const { detector: id, limit, cursor } = c.req.valid("query");
    const stored = await getMetricDetector(table, id);
    if (!stored) throw noDetector(id);
    const list = `series:${id}`;
    const after = cursor === undefined ? undefined : decodeCursor(list, cursor, isAfter).after;
    const [found, scorer, summary] = await Promise.all([
      listSeries(table, id, { after, limit: limit + 1 }),
      results.scorerOf(id),
      results.summaryOf(id),
    ]);
    const warmUp = await detectorWarmUp(stored.detector, scorer?.manifest, summary, results.labelledRowsOf);
    const page = found.slice(0, limit);
    const items = page.map((one) => describe(id, one, seriesWarmUp(stored.detector, warmUp, one.head)));
    const last = found.length > limit ? page.at(-1) : undefined;
    return c.json({ items, cursor: last ? encodeCursor(list, { after: last.entity }) : null }, 200);
  });
};

const isAfter = (position: Record<string, unknown>): position is { after: string } =>
  typeof position.after === "string";

const describe = (detector: string, { entity, head }: SeriesHead, warmUp: WarmUp | null) => {
  const { events, late, scored, warmingUp, skipped, imputed, anomalies, suppressed } = head.counts;
  const { incident } = head;
  return {
    ...{ detector, entity, events, late, anomalies, suppressed, warmUp },
    lastTimestamp: head.rows > 0 ? head.lastRowMs : null,
    rows: { scored, warmingUp, skipped, imputed },
    incident: incident ? { id: incident.id, startMs: incident.startMs } : null,
  };
};

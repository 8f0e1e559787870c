import { createRoute, z } from "@hono/zod-openapi";
import { getMetricDetector, listDetectors, seriesIdsOf } from "@tidewatch/core/store/detectors";
import type { Table } from "@tidewatch/core/store/ports";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { listAnomalies, type Place } from "../results/anomalies.ts";
import type { Results } from "../results/results.ts";
import { cursorQuery, limitQuery, timeQuery } from "../schemas/paging.ts";
import { AnomalyPage } from "../schemas/results.ts";
import { noDetector } from "./detectors-read.ts";

const route = createRoute({
  method: "get",
  path: "/v1/anomalies",
  operationId: "listAnomalies",
  ...needs("read"),
  tags: ["Results"],
  summary: "List anomalies, newest first",
  description:
    "Rows at or above their threshold, with what explains each: values, expected band, attribution, model version and " +
    "config hash. Those that a rule of the detector suppressed are listed too, with grade 0 and the rule. A page may be " +
    "shorter than `limit`; the end is where `cursor` is `null`.",
  request: {
    query: z.object({
      detector: z.string().optional().openapi({ description: "Of this detector only; else of all.", example: "web" }),
      entity: z.string().optional().openapi({ description: "Of this entity only.", example: "web-01" }),
      from: timeQuery("Inclusive start, epoch milliseconds."),
      to: timeQuery("Exclusive end, epoch milliseconds."),
      limit: limitQuery(100),
      cursor: cursorQuery,
    }),
  },
  responses: {
    200: { description: "A page of anomalies.", content: { "application/json": { schema: AnomalyPage } } },
    ...problemResponses("NOT_FOUND", "CONFLICT", "VALIDATION"),
  },
});

export const anomalyRoutes = (app: Api, { table }: Pick<ApiPorts, "table">, results: Results): void => {
  app.openapi(route, async (c) => {
    const { detector, entity, from, to, limit, cursor } = c.req.valid("query");
    const list = `anomalies:${JSON.stringify([detector, entity, from, to])}`;
    const after = cursor === undefined ? undefined : decodeCursor(list, cursor, isPlace);
    const detectors = await detectorIds(table, detector);
    const spans = await Promise.all(detectors.map((id) => results.anomalySpanOf(id)));
    const known = spans.filter((span) => span !== undefined);
    const fromMs = Math.max(from ?? 0, Math.min(...known.map((span) => span.fromMs)));
    const toMs = Math.min(to ?? Number.POSITIVE_INFINITY, Math.max(...known.map((span) => span.toMs)));
    if (!(fromMs < toMs)) return c.json({ items: [], cursor: null }, 200);
    const page = await listAnomalies(table, { detectors, entity, fromMs, toMs, limit, after });
    return c.json({ items: page.anomalies, cursor: page.resume ? encodeCursor(list, page.resume) : null }, 200);
  });
};

const detectorIds = async (table: Table, id: string | undefined): Promise<string[]> => {
  if (id === undefined) return seriesIdsOf(await listDetectors(table));
  if (!(await getMetricDetector(table, id))) throw noDetector(id);
  return [id];
};

const PLACE = /^\d{15}(#|$)/;
const isPlace = (position: Record<string, unknown>): position is Place =>
  typeof position.sk === "string" && PLACE.test(position.sk) && typeof position.detector === "string";

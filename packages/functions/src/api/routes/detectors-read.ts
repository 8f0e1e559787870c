import { createRoute, z } from "@hono/zod-openapi";
import { type AnyDetector, isLogDetector } from "@tidewatch/core/any-detector";
import { getDetector, listDetectors, partEntries } from "@tidewatch/core/store/detectors";
import { countThatFit } from "../http/answer-size.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api, ApiContext } from "../http/env.ts";
import { etagOf, isUnchanged } from "../http/etag.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { isGranted, needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import {
  DetectorDocument,
  DetectorPage,
  DetectorPath,
  LogDetectorDocument,
  MetricDetectorDocument,
} from "../schemas/detector.ts";
import { cursorQuery, limitQuery } from "../schemas/paging.ts";

const LIST = "detectors";
const tags = ["Detectors"];

const listRoute = createRoute({
  method: "get",
  path: "/v1/detectors",
  operationId: "listDetectors",
  ...needs("read"),
  tags,
  summary: "List the detectors",
  description: "In the order of their ids, each with every default filled in.",
  request: { query: z.object({ limit: limitQuery(100), cursor: cursorQuery }) },
  responses: {
    200: { description: "A page of detectors.", content: { "application/json": { schema: DetectorPage } } },
    ...problemResponses("VALIDATION"),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/detectors/{id}",
  operationId: "getDetector",
  ...needs("read"),
  tags,
  summary: "Get one detector",
  description: "The `ETag` names this state; send it as `If-Match` to change just this one.",
  request: { params: DetectorPath },
  responses: {
    200: { description: "The detector.", content: { "application/json": { schema: DetectorDocument } } },
    304: { description: "`If-None-Match` names the present state." },
    ...problemResponses("NOT_FOUND", "VALIDATION"),
  },
});

export const noDetector = (id: string) => httpError("NOT_FOUND", `There is no detector "${id}".`);

export const detectorReadRoutes = (app: Api, { table }: Pick<ApiPorts, "table">): void => {
  app.openAPIRegistry.register("MetricDetector", MetricDetectorDocument);
  app.openAPIRegistry.register("LogDetector", LogDetectorDocument);
  app.openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const after = cursor === undefined ? "" : decodeCursor(LIST, cursor, isAfter).after;
    const found = await listDetectors(table, { after, limit: limit + 1 });
    const wanted = found.slice(0, limit);
    const page = wanted.slice(0, countThatFit(wanted.map(({ read }) => read)));
    const { readable, unreadable } = partEntries(page);
    const more = found.length > page.length ? encodeCursor(LIST, { after: page.at(-1)!.id }) : null;
    return c.json({ items: readable.map((detector) => shownTo(c, detector)), unreadable, cursor: more }, 200);
  });
  app.openapi(getRoute, async (c) => {
    const { id } = c.req.valid("param");
    const stored = await getDetector(table, id);
    if (!stored) throw noDetector(id);
    const etag = etagOf(stored);
    c.header("etag", etag);
    if (isUnchanged(c, etag)) return c.body(null, 304);
    return c.json(shownTo(c, stored.detector), 200);
  });
};

/** The path of a webhook is its password: who may only read sees where it goes, and no more. */
const shownTo = (c: ApiContext, detector: AnyDetector): AnyDetector => {
  const key = c.get("key");
  if (isLogDetector(detector) || !detector.reports.webhook || !key || isGranted(key.scopes, "operate")) return detector;
  return { ...detector, reports: { ...detector.reports, webhook: new URL(detector.reports.webhook).origin } };
};

const isAfter = (position: Record<string, unknown>): position is { after: string } =>
  typeof position.after === "string";

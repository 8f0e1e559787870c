import { createRoute, z } from "@hono/zod-openapi";
import { getMetricDetector } from "@tidewatch/core/store/detectors";
import { seriesListKey } from "@tidewatch/core/store/keys";
import { listLabels, MAX_LABELS_AT_ONCE, type NewLabel, putLabels, removeLabel } from "@tidewatch/core/store/labels";
import { jsonBody } from "../http/body.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { LabelPage, labelDocument, NewLabels, StoredLabels } from "../schemas/labels.ts";
import { cursorQuery, limitQuery, requiredTimeQuery } from "../schemas/paging.ts";
import { noDetector } from "./detectors-read.ts";

const tags = ["Labels"];
const detectorQuery = z.string().openapi({ description: "The detector's id.", example: "web" });
const entityQuery = z
  .string()
  .openapi({ description: "It may hold any characters, percent-encoded.", example: "web-01" });

const listAll = createRoute({
  method: "get",
  path: "/v1/labels",
  operationId: "listLabels",
  ...needs("read"),
  tags,
  summary: "List labels",
  description: "Of one series in time order; without `entity` of all series of the detector, one after the other.",
  request: {
    query: z.object({
      detector: detectorQuery,
      entity: entityQuery.optional(),
      limit: limitQuery(100),
      cursor: cursorQuery,
    }),
  },
  responses: {
    200: { description: "A page of labels.", content: { "application/json": { schema: LabelPage } } },
    ...problemResponses("NOT_FOUND", "CONFLICT", "VALIDATION"),
  },
});

const createThem = createRoute({
  method: "post",
  path: "/v1/labels",
  operationId: "createLabels",
  ...needs("operate"),
  tags,
  summary: "Label what was anomalous and what was normal",
  description:
    `Up to ${MAX_LABELS_AT_ONCE} labels, each of a time span of one series; when one is wrong, none is stored. One with the ` +
    "same series and span takes another's place, so that a request whose answer was lost can be sent again. Where labels overlap, the one that was " +
    "made last holds; of one request's, the shorter one. Rows outside of all labels stay unknown: families that learn from " +
    "labels (`random-forest`) leave them out. A label changes no model: train anew.",
  request: {
    headers: IDEMPOTENCY_HEADERS,
    body: { required: true, content: { "application/json": { schema: NewLabels } } },
  },
  middleware: jsonBody,
  responses: {
    200: { description: "Stored.", content: { "application/json": { schema: StoredLabels } } },
    ...problemResponses(
      ...(["MALFORMED", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "TOO_LARGE"] as const),
      ...(["UNSUPPORTED_MEDIA_TYPE", "VALIDATION", "IDEMPOTENCY_KEY_REUSED", "UNAVAILABLE"] as const),
    ),
  },
});

const removeOne = createRoute({
  method: "delete",
  path: "/v1/labels",
  operationId: "deleteLabel",
  ...needs("operate"),
  tags,
  summary: "Remove a label",
  description: "The one with exactly this span. What it covered has the label below it again, if there is one.",
  request: {
    query: z.object({
      detector: detectorQuery,
      entity: entityQuery,
      from: requiredTimeQuery("Its inclusive start, epoch milliseconds."),
      to: requiredTimeQuery("Its exclusive end, epoch milliseconds."),
    }),
    headers: IDEMPOTENCY_HEADERS,
  },
  responses: {
    204: { description: "Removed." },
    ...problemResponses("FORBIDDEN", "NOT_FOUND", "CONFLICT", "VALIDATION", "IDEMPOTENCY_KEY_REUSED"),
  },
});

export const labelRoutes = (app: Api, { table, clock }: Pick<ApiPorts, "table" | "clock">): void => {
  app.openapi(listAll, async (c) => {
    const { detector, entity, limit, cursor } = c.req.valid("query");
    const list = `labels:${JSON.stringify([detector, entity])}`;
    const after = cursor === undefined ? undefined : decodeCursor(list, cursor, isAfter).after;
    if (!(await getMetricDetector(table, detector))) throw noDetector(detector);
    const found = await listLabels(table, detector, { entity, after, limit: limit + 1 });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const items = page.map(({ label }) => labelDocument(label));
    return c.json({ items, cursor: last ? encodeCursor(list, { after: last.sk }) : null }, 200);
  });
  app.openapi(createThem, async (c) => {
    const { labels } = c.req.valid("json");
    await checkDetectors(labels.map(({ detector }) => detector));
    await putLabels({ table, clock }, labels);
    return c.json({ stored: labels.length, unseen: await unseenSeries(labels) }, 200);
  });
  app.openapi(removeOne, async (c) => {
    const { detector, entity, from, to } = c.req.valid("query");
    await removeLabel(table, { detector, entity, fromMs: from, toMs: to });
    return c.body(null, 204);
  });

  /** A label of a detector that does not exist would never be heard of again. */
  const checkDetectors = async (ids: readonly string[]): Promise<void> => {
    const errors: { path: string; message: string }[] = [];
    for (const id of new Set(ids)) {
      if (await getMetricDetector(table, id)) continue;
      errors.push({ path: `labels.${ids.indexOf(id)}.detector`, message: `there is no detector "${id}"` });
    }
    if (errors.length > 0) throw httpError("NOT_FOUND", "Labels name detectors that do not exist.", { errors });
  };

  const unseenSeries = async (labels: readonly NewLabel[]) => {
    const named = new Map(labels.map(({ detector, entity }) => [`${detector} ${entity}`, { detector, entity }]));
    const series = [...named.values()];
    const items = await table.getMany(series.map(({ detector, entity }) => seriesListKey(detector, entity)));
    return series.filter((_, index) => items[index] === undefined);
  };
};

const isAfter = (position: Record<string, unknown>): position is { after: string } =>
  typeof position.after === "string";

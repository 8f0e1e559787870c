import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { createRoute, z } from "@hono/zod-openapi";
import type { LogDetector } from "@tidewatch/core/log/detector";
import { resolvePointers } from "@tidewatch/core/log/read/pointers";
import { findLines, type Place } from "@tidewatch/core/log/read/template-lines";
import { templateOf } from "@tidewatch/core/log/read/template-of";
import { countThatFit } from "../http/answer-size.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { logDetectorOf } from "../results/log-detector.ts";
import { rawLine, shortText, templateDocument } from "../results/log-documents.ts";
import type { Results } from "../results/results.ts";
import { TemplateDetail, TemplateLinePage, TemplatePage } from "../schemas/logs.ts";
import { cursorQuery, isTime, limitQuery, timeQuery } from "../schemas/paging.ts";
import { onlyDetectorQuery } from "./sessions.ts";

const tags = ["Logs"];
const TemplatePath = z.object({
  id: z
    .string()
    .regex(/^[0-9a-f]{16}$/, "must be 16 hex digits")
    .openapi({
      description: "The template's id, or one that it had before others were joined to it.",
      example: "9f2c4e1ab07d5e6f",
    }),
});

const listRoute = createRoute({
  method: "get",
  path: "/v1/templates",
  operationId: "listTemplates",
  ...needs("read"),
  tags,
  summary: "List the templates of a log, the newest first",
  description:
    "A template is a message without what varies. Listed are those that are current: one that others were joined " +
    "to names their ids. Whether one has vanished follows from the times of the lines alone.",
  request: {
    query: z.object({
      detector: onlyDetectorQuery,
      status: z.enum(["known", "new", "vanished"]).optional().openapi({ description: "Only these." }),
      limit: limitQuery(100),
      cursor: cursorQuery,
    }),
  },
  responses: {
    200: { description: "A page of templates.", content: { "application/json": { schema: TemplatePage } } },
    ...problemResponses("NOT_FOUND", "CONFLICT", "VALIDATION"),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/templates/{id}",
  operationId: "getTemplate",
  ...needs("read"),
  tags,
  summary: "Get one template",
  description: "With the first line that had it.",
  request: { params: TemplatePath, query: z.object({ detector: onlyDetectorQuery }) },
  responses: {
    200: { description: "The template.", content: { "application/json": { schema: TemplateDetail } } },
    ...problemResponses("NOT_FOUND", "CONFLICT", "VALIDATION"),
  },
});

const linesRoute = createRoute({
  method: "get",
  path: "/v1/templates/{id}/lines",
  operationId: "listTemplateLines",
  ...needs("read"),
  tags,
  summary: "Find the raw lines of a template",
  description:
    "Looks through the archive, hour by hour of arrival, newest or oldest hour first; within an hour shard by " +
    "shard. A request reads 8 objects and lists 400 hours at most: a page may be short, or empty, before the end, " +
    "which is where `cursor` is `null`. Lines of the last minute may not be archived yet.",
  request: {
    params: TemplatePath,
    query: z.object({
      detector: onlyDetectorQuery,
      from: timeQuery("Whole hours of arrival from this time on; by default that of the template's first line."),
      to: timeQuery("Until before this time; by default now."),
      order: z.enum(["newest", "oldest"]).default("newest"),
      limit: limitQuery(100),
      cursor: cursorQuery,
    }),
  },
  responses: {
    200: { description: "A page of lines.", content: { "application/json": { schema: TemplateLinePage } } },
    ...problemResponses("NOT_FOUND", "CONFLICT", "VALIDATION"),
  },
});

const unzip = promisify(gunzip);
const gunzipped = (bytes: Uint8Array): Promise<Uint8Array> => unzip(bytes);

type Ports = Pick<ApiPorts, "table" | "blobs" | "clock">;

export const templateRoutes = (app: Api, { table, blobs, clock }: Ports, results: Results): void => {
  app.openapi(listRoute, async (c) => {
    const { detector, status, limit, cursor } = c.req.valid("query");
    const list = `templates:${JSON.stringify([detector, status])}`;
    const after = cursor === undefined ? undefined : decodeCursor(list, cursor, isTemplatePlace);
    const { id } = await logDetectorOf(table, detector);
    const { templates, rates } = await results.templatesOf(id);
    const all = templates.list.map((view) => templateDocument(id, view, rates.get(view.id)));
    const left = all.filter(
      (one) => (status === undefined || one.status === status) && (after === undefined || isBehind(one, after)),
    );
    const wanted = left.slice(0, limit);
    const items = wanted.slice(0, countThatFit(wanted));
    const last = left.length > items.length ? items.at(-1) : undefined;
    return c.json({ items, cursor: last ? encodeCursor(list, { firstMs: last.firstMs, id: last.id }) : null }, 200);
  });
  app.openapi(getRoute, async (c) => {
    const of = await logDetectorOf(table, c.req.valid("query").detector);
    const { view, rate } = await templateBy(of, c.req.valid("param").id);
    const [line] = await resolvePointers({ table, blobs, gunzip: gunzipped }, [view.first]);
    return c.json({ ...templateDocument(of.id, view, rate), firstLine: rawLine(line!) }, 200);
  });
  app.openapi(linesRoute, async (c) => {
    const { detector, from, to, order, limit, cursor } = c.req.valid("query");
    const of = await logDetectorOf(table, detector);
    const { view, model, live } = await templateBy(of, c.req.valid("param").id);
    const list = `lines:${JSON.stringify([of.id, view.id, from, to, order])}`;
    const after = cursor === undefined ? undefined : decodeCursor(list, cursor, isLinePlace);
    const span = { fromMs: from ?? view.first.arrivalMs, toMs: to ?? after?.toMs ?? clock() + 1 };
    const idOf = templateOf(of, model, live);
    const query = { ...span, order, limit, after };
    const { lines, resume } = await findLines({ blobs, gunzip: gunzipped }, (event) => idOf(event) === view.id, query);
    const items = lines.map(({ object, line, text, timestampMs }) => ({
      ...{ object, line, text: shortText(text), timestamp: timestampMs },
    }));
    // Without `to`, the next page ends where this one did.
    return c.json({ items, cursor: resume ? encodeCursor(list, { ...resume, toMs: span.toMs }) : null }, 200);
  });

  const templateBy = async ({ id: detector }: LogDetector, id: string) => {
    const { templates, rates, ...stores } = await results.templatesOf(detector);
    const current = templates.currentId(id);
    const view = templates.list.find((one) => one.id === current);
    if (!view) throw httpError("NOT_FOUND", `Detector "${detector}" has no template "${id}".`);
    return { view, rate: rates.get(view.id), ...stores };
  };
};

type TemplatePlace = { firstMs: number; id: string };
const isBehind = (one: TemplatePlace, place: TemplatePlace): boolean =>
  one.firstMs < place.firstMs || (one.firstMs === place.firstMs && one.id > place.id);

const isTemplatePlace = (position: Record<string, unknown>): position is TemplatePlace =>
  typeof position.firstMs === "number" && typeof position.id === "string";

const isLinePlace = (position: Record<string, unknown>): position is Place & { toMs: number } =>
  typeof position.object === "string" &&
  Number.isSafeInteger(position.line) &&
  Number(position.line) >= 0 &&
  [position.hourMs, position.toMs].every(isTime);

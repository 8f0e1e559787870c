import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { createRoute, z } from "@hono/zod-openapi";
import { modelFor } from "@tidewatch/core/log/model";
import { explainSession } from "@tidewatch/core/log/read/explain";
import { readSession } from "@tidewatch/core/log/read/session";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { listAnomalous, type Place } from "../results/anomalous-sessions.ts";
import { logDetectorIds, logDetectorOf } from "../results/log-detector.ts";
import { anomalousSession, sessionDocument } from "../results/log-documents.ts";
import type { Results } from "../results/results.ts";
import { SessionDocument, SessionPage } from "../schemas/logs.ts";
import { cursorQuery, limitQuery, timeQuery } from "../schemas/paging.ts";

const tags = ["Logs"];
const key = z.string().min(1).max(256).openapi({ description: "The session's key.", example: "blk_-6952" });
export const onlyDetectorQuery = z.string().optional().openapi({
  description: "The detector's id; may be left out where there is one detector of logs only.",
  example: "hdfs",
});
const ofOne = {
  detector: onlyDetectorQuery,
  start: timeQuery("`startMs` of an earlier session of the key; without it the newest one."),
};

const listRoute = createRoute({
  method: "get",
  path: "/v1/sessions",
  operationId: "listSessions",
  ...needs("read"),
  tags,
  summary: "List anomalous sessions, newest first",
  description:
    "By the time of their first line, with what each has missing and extra. An open session is listed as soon as " +
    "no later line can repair it.",
  request: {
    query: z.object({
      detector: z.string().optional().openapi({ description: "Of this detector only; else of all.", example: "hdfs" }),
      from: timeQuery("Inclusive start, epoch milliseconds."),
      to: timeQuery("Exclusive end, epoch milliseconds."),
      limit: limitQuery(100),
      cursor: cursorQuery,
    }),
  },
  responses: {
    200: { description: "A page of sessions.", content: { "application/json": { schema: SessionPage } } },
    ...problemResponses("NOT_FOUND", "CONFLICT", "VALIDATION"),
  },
});

const explanation = {
  ...needs("read"),
  tags,
  description:
    "The verdict, what is missing and what is extra against the nearest normal sessions, and the raw lines that " +
    "show it, as they stand in the archive. An open session is judged as if it ended now.",
  responses: {
    200: { description: "The session.", content: { "application/json": { schema: SessionDocument } } },
    ...problemResponses("NOT_FOUND", "CONFLICT", "VALIDATION"),
  },
};
const byPath = createRoute({
  ...explanation,
  method: "get",
  path: "/v1/sessions/{key}",
  operationId: "getSession",
  summary: "Explain a session",
  request: { params: z.object({ key }), query: z.object(ofOne) },
});
const byQuery = createRoute({
  ...explanation,
  method: "get",
  path: "/v1/session",
  operationId: "getSessionByKey",
  summary: "Explain a session whose key may hold any character",
  description: `${explanation.description} Gateways may decode slashes in a path; a query stays as it is.`,
  request: { query: z.object({ key, ...ofOne }) },
});

const unzip = promisify(gunzip);

export const sessionRoutes = (
  app: Api,
  { table, blobs }: Pick<ApiPorts, "table" | "blobs">,
  results: Results,
): void => {
  app.openapi(listRoute, async (c) => {
    const { detector, from, to, limit, cursor } = c.req.valid("query");
    const list = `sessions:${JSON.stringify([detector, from, to])}`;
    const after = cursor === undefined ? undefined : decodeCursor(list, cursor, isPlace);
    const detectors = await logDetectorIds(table, detector);
    const span = { fromMs: from ?? 0, toMs: to ?? Number.MAX_SAFE_INTEGER };
    const page = await listAnomalous(table, { detectors, ...span, limit, after });
    const items = page.found.map(({ detector: id, session }) => anomalousSession(id, session));
    return c.json({ items, cursor: page.resume ? encodeCursor(list, page.resume) : null }, 200);
  });
  app.openapi(byPath, async (c) => {
    const { detector, start } = c.req.valid("query");
    return c.json(await explain(c.req.valid("param").key, detector, start), 200);
  });
  app.openapi(byQuery, async (c) => {
    const { detector, start, ...query } = c.req.valid("query");
    return c.json(await explain(query.key, detector, start), 200);
  });

  const explain = async (of: string, detector: string | undefined, start: number | undefined) => {
    const log = await logDetectorOf(table, detector);
    const { id } = log;
    const found = await readSession(table, id, of);
    const all = found ? [found.newest, ...found.earlier] : [];
    const head = start === undefined ? all[0] : all.find(({ session }) => session.firstMs === start);
    if (!head) throw noSession(id, of, start);
    const explained = await explainSession(
      { table, blobs, gunzip: (bytes) => unzip(bytes) },
      id,
      head,
      modelFor(log, await results.logModelOf(id)),
    );
    const others = all.filter((other) => other !== head);
    return sessionDocument(id, head, explained, others);
  };
};

const noSession = (detector: string, of: string, start: number | undefined) => {
  const when = start === undefined ? "" : ` that began at ${start}`;
  return httpError("NOT_FOUND", `Detector "${detector}" has no session "${of}"${when}.`);
};

const PLACE = /^\d{15}#/;
const isPlace = (position: Record<string, unknown>): position is Place =>
  typeof position.sk === "string" && PLACE.test(position.sk) && typeof position.detector === "string";

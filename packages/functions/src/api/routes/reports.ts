import { createRoute, z } from "@hono/zod-openapi";
import type { ReportEntry } from "@tidewatch/core/report/report";
import { askReport } from "@tidewatch/core/report/run";
import { listReports, readReport, readReportPage } from "@tidewatch/core/report/store";
import { getMetricDetector } from "@tidewatch/core/store/detectors";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { DetectorPath } from "../schemas/detector.ts";
import { cursorQuery, limitQuery } from "../schemas/paging.ts";
import { ReportDocument, ReportEntryDocument, ReportPage, ReportPath } from "../schemas/reports.ts";

const LIST = "reports";
const tags = ["Reports"];
/** An entry is about a kilobyte. */
const MAX_PAGE = 200;

const listRoute = createRoute({
  method: "get",
  path: "/v1/reports",
  operationId: "listReports",
  ...needs("read"),
  tags,
  summary: "List reports",
  description:
    "Newest first: what each says in a paragraph, and how it was sent. A page of one detector may be short and go on all the same.",
  request: {
    query: z.object({
      detector: z.string().optional().openapi({ description: "Of this detector only." }),
      ...{ limit: limitQuery(50, MAX_PAGE), cursor: cursorQuery },
    }),
  },
  responses: {
    200: { description: "A page of reports.", content: { "application/json": { schema: ReportPage } } },
    ...problemResponses("VALIDATION"),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/reports/{id}",
  operationId: "getReport",
  ...needs("read"),
  tags,
  summary: "Get a report",
  description:
    "As JSON; as a page for people when `Accept` asks for `text/html`, or when `.html` is put behind the id.",
  request: { params: ReportPath },
  responses: {
    200: {
      description: "The report.",
      content: { "application/json": { schema: ReportDocument }, "text/html": { schema: z.string() } },
    },
    ...problemResponses("NOT_FOUND", "CORRUPT"),
  },
});

const askRoute = createRoute({
  method: "post",
  path: "/v1/detectors/{id}/report",
  operationId: "askReport",
  ...needs("operate"),
  tags,
  summary: "Make a report of the last seven days now",
  description: "It is sent to those whom the detector names, by the next run: within a minute on one machine.",
  request: { params: DetectorPath, headers: IDEMPOTENCY_HEADERS },
  responses: {
    202: { description: "The report.", content: { "application/json": { schema: ReportEntryDocument } } },
    ...problemResponses("FORBIDDEN", "NOT_FOUND", "CONFLICT", "IDEMPOTENCY_KEY_REUSED"),
  },
});

/** The page has no script, and fetches nothing. */
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; sandbox";

export const reportRoutes = (app: Api, { table, blobs, clock }: Pick<ApiPorts, "table" | "blobs" | "clock">): void => {
  app.openapi(listRoute, async (c) => {
    const { detector, limit, cursor } = c.req.valid("query");
    const before = cursor === undefined ? undefined : decodeCursor(LIST, cursor, isBefore).before;
    const { reports, after } = await listReports(table, {
      limit,
      ...(detector !== undefined && { detector }),
      ...(before !== undefined && { before }),
    });
    const more = after === undefined ? null : encodeCursor(LIST, { before: after });
    return c.json({ items: reports.map(({ entry }) => shown(entry)), cursor: more }, 200);
  });
  app.openapi(getRoute, async (c) => {
    const { id } = c.req.valid("param");
    const isPage = id.endsWith(".html") || (c.req.header("accept") ?? "").includes("text/html");
    if (!isPage) return c.json(await readReport({ blobs }, id), 200);
    const page = await readReportPage({ blobs }, id.replace(/\.html$/, ""));
    return c.body(new TextDecoder().decode(page), 200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": PAGE_POLICY,
    });
  });
  app.openapi(askRoute, async (c) => {
    const { id } = c.req.valid("param");
    const stored = await getMetricDetector(table, id);
    if (!stored) throw httpError("NOT_FOUND", `There is no detector "${id}".`);
    return c.json(shown(await askReport({ table, blobs, clock }, stored.detector)), 202);
  });
};

/** The path of a webhook is its password: who may read reports need not know it. */
const shown = ({ webhook, ...entry }: ReportEntry): ReportEntry => ({
  ...entry,
  webhook: { ...webhook, to: webhook.to.map((url) => new URL(url).origin) },
});

const isBefore = (position: Record<string, unknown>): position is { before: string } =>
  typeof position.before === "string";

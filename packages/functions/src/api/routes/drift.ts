import { createRoute, z } from "@hono/zod-openapi";
import type { DriftCheck } from "@tidewatch/core/drift/check";
import { checkedDetectors, listChecks } from "@tidewatch/core/drift/checks";
import { driftCheck } from "@tidewatch/core/drift/run";
import { getMetricDetector } from "@tidewatch/core/store/detectors";
import { countThatFit } from "../http/answer-size.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import {
  DriftCheckDocument,
  DriftCheckPage,
  DriftPath,
  type DriftSummary,
  DriftSummaryPage,
} from "../schemas/drift.ts";
import { cursorQuery, isTime, limitQuery } from "../schemas/paging.ts";
import { noDetector } from "./detectors-read.ts";

const tags = ["Drift"];
const LIST = "drift";

const listRoute = createRoute({
  method: "get",
  path: "/v1/drift",
  operationId: "listDrift",
  ...needs("read"),
  tags,
  summary: "List the newest check of each detector",
  description: "In the order of the detectors' ids. One that was never checked is not among them.",
  request: { query: z.object({ limit: limitQuery(100, 100), cursor: cursorQuery }) },
  responses: {
    200: { description: "A page of summaries.", content: { "application/json": { schema: DriftSummaryPage } } },
    ...problemResponses("VALIDATION"),
  },
});

const checksRoute = createRoute({
  method: "get",
  path: "/v1/drift/{detector}",
  operationId: "listDriftChecks",
  ...needs("read"),
  tags,
  summary: "Read the checks of a detector",
  description: "The newest first, with what each found; they are kept for 60 days. An answer has some 5 MB at most.",
  request: { params: DriftPath, query: z.object({ limit: limitQuery(1, 200), cursor: cursorQuery }) },
  responses: {
    200: { description: "A page of checks.", content: { "application/json": { schema: DriftCheckPage } } },
    ...problemResponses("NOT_FOUND", "CONFLICT", "VALIDATION"),
  },
});

const checkRoute = createRoute({
  method: "post",
  path: "/v1/drift/{detector}/check",
  operationId: "checkDrift",
  ...needs("operate"),
  tags,
  summary: "Check a detector now",
  description:
    "Up to its last full hour, whether or not its drift policy is enabled; one that was checked is answered as it was found. " +
    "`CONFLICT` while there is nothing to compare with. The first check after a promotion reads the reference's rows, which may take a while.",
  request: { params: DriftPath, headers: IDEMPOTENCY_HEADERS },
  responses: {
    200: { description: "The check.", content: { "application/json": { schema: DriftCheckDocument } } },
    ...problemResponses("FORBIDDEN", "NOT_FOUND", "CONFLICT", "IDEMPOTENCY_KEY_REUSED", "UNAVAILABLE"),
  },
});

export const driftRoutes = (app: Api, { table, blobs, clock }: Pick<ApiPorts, "table" | "blobs" | "clock">): void => {
  app.openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const after = cursor === undefined ? "" : decodeCursor(LIST, cursor, isAfter).after;
    const found = await checkedDetectors(table, { after, limit: limit + 1 });
    const page = found.slice(0, limit);
    const newest = await Promise.all(page.map(({ detector }) => listChecks(table, detector, { limit: 1 })));
    const items = newest.flatMap((checks) => checks.map(summaryOf));
    const next = found.length > limit ? encodeCursor(LIST, { after: page.at(-1)!.detector }) : null;
    return c.json({ items, cursor: next }, 200);
  });
  app.openapi(checksRoute, async (c) => {
    const { detector } = c.req.valid("param");
    const { limit, cursor } = c.req.valid("query");
    const list = `${LIST}:${detector}`;
    const beforeMs = cursor === undefined ? undefined : decodeCursor(list, cursor, isBefore).beforeMs;
    if (!(await getMetricDetector(table, detector))) throw noDetector(detector);
    const found = await listChecks(table, detector, { beforeMs, limit: limit + 1 });
    const items = found.slice(0, Math.min(limit, countThatFit(found)));
    const next = found.length > items.length ? encodeCursor(list, { beforeMs: items.at(-1)!.atMs }) : null;
    return c.json({ items, cursor: next }, 200);
  });
  app.openapi(checkRoute, async (c) => {
    const { detector } = c.req.valid("param");
    const stored = await getMetricDetector(table, detector);
    if (!stored) throw noDetector(detector);
    const check = await driftCheck({ table, blobs }, stored.detector, clock());
    if (!check) {
      const why = "there is no model, or not one whole day of rows that it learnt from";
      throw httpError("CONFLICT", `Detector "${detector}" has nothing to be compared with yet: ${why}.`);
    }
    return c.json(check, 200);
  });
};

const summaryOf = ({ findings, ...check }: DriftCheck): DriftSummary => ({
  ...{ detector: check.detector, atMs: check.atMs, modelVersion: check.modelVersion },
  ...{ referenceDays: check.referenceDays, isProvisional: check.isProvisional },
  ...{ drifted: check.drifted, sinceMs: check.sinceMs },
  what: findings.flatMap(({ drifted, statistic, feature }) =>
    drifted ? [feature === undefined ? statistic : `${statistic} ${feature}`] : [],
  ),
  verdict: check.verdict,
});

const isAfter = (position: Record<string, unknown>): position is { after: string } =>
  typeof position.after === "string";
const isBefore = (position: Record<string, unknown>): position is { beforeMs: number } => isTime(position.beforeMs);

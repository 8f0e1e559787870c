import { createRoute, z } from "@hono/zod-openapi";
import { approveRun, cancelRun, rejectRun } from "@tidewatch/core/train/workflow/hands";
import { listLocks, listRuns, openRun } from "@tidewatch/core/train/workflow/runs";
import { getRun, startWorkflow } from "@tidewatch/core/train/workflow/start";
import { isEnded } from "@tidewatch/core/train/workflow/workflow";
import { callerOf } from "../http/auth.ts";
import { jsonBody } from "../http/body.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { cursorQuery, limitQuery } from "../schemas/paging.ts";
import { NewWorkflow, Workflow, WorkflowPage, WorkflowPath, WorkflowWish } from "../schemas/workflows.ts";

const tags = ["Workflows"];
const PATH = "/v1/workflows/{detector}/{run}";
const bodyProblems = ["MALFORMED", "TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "VALIDATION"] as const;
const writeProblems = ["FORBIDDEN", "NOT_FOUND", "CONFLICT", "IDEMPOTENCY_KEY_REUSED", "UNAVAILABLE"] as const;
const found = (description: string) => ({
  200: { description, content: { "application/json": { schema: Workflow } } },
});

const listRoute = createRoute({
  method: "get",
  path: "/v1/workflows",
  operationId: "listWorkflows",
  ...needs("read"),
  tags,
  summary: "List retrainings",
  description: "Of one detector all of them, the newest first; without `detector` those that are under way, of all.",
  request: { query: z.object({ detector: z.string().optional(), limit: limitQuery(50, 200), cursor: cursorQuery }) },
  responses: {
    200: { description: "A page of retrainings.", content: { "application/json": { schema: WorkflowPage } } },
    ...problemResponses("VALIDATION", "CORRUPT"),
  },
});

const getRoute = createRoute({
  method: "get",
  path: PATH,
  operationId: "getWorkflow",
  ...needs("read"),
  tags,
  summary: "Get a retraining",
  description: "What each step came to, what it waits for, and in the end what was decided and why.",
  request: { params: WorkflowPath },
  responses: { ...found("The retraining."), ...problemResponses("NOT_FOUND", "CORRUPT") },
});

const startRoute = createRoute({
  method: "post",
  path: "/v1/workflows",
  operationId: "startWorkflow",
  ...needs("operate"),
  tags,
  summary: "Retrain a detector",
  description:
    "Begins a retraining and answers at once; a detector has one at a time, and while one is under way it is the answer. " +
    "Detectors that learn row by row, have an imported model or watch logs have nothing to retrain.",
  request: {
    headers: IDEMPOTENCY_HEADERS,
    body: { required: true, content: { "application/json": { schema: NewWorkflow } } },
  },
  middleware: jsonBody,
  responses: {
    201: { description: "It begins.", content: { "application/json": { schema: Workflow } } },
    ...found("The one that is under way, or was begun by this trigger."),
    ...problemResponses(...bodyProblems, ...writeProblems),
  },
});

const wishRoute = <V extends "approve" | "reject" | "cancel">(verb: V, summary: string, description: string) =>
  createRoute({
    method: "post",
    path: `${PATH}/${verb}` as `${typeof PATH}/${V}`,
    operationId: `${verb}Workflow`,
    ...needs("operate"),
    tags,
    ...{ summary, description },
    request: {
      params: WorkflowPath,
      headers: IDEMPOTENCY_HEADERS,
      body: { required: true, content: { "application/json": { schema: WorkflowWish } } },
    },
    middleware: jsonBody,
    responses: { ...found("The retraining as it is now."), ...problemResponses(...bodyProblems, ...writeProblems) },
  });

const approveRoute = wishRoute(
  "approve",
  "Let a new model go live",
  "One that has passed the gate and waits for a person, as the detector's policy `approve` wants. Once more, it does nothing.",
);
const rejectRoute = wishRoute("reject", "Keep a new model from going live", "The retraining ends; its version stays.");
const cancelRoute = wishRoute(
  "cancel",
  "Cancel a retraining",
  "Before its model is live; afterwards go back by promoting `previous`.",
);

type Ports = Pick<ApiPorts, "table" | "blobs" | "clock">;

export const workflowRoutes = (app: Api, ports: Ports): void => {
  const { table } = ports;
  app.openapi(listRoute, async (c) => {
    const { detector, limit, cursor } = c.req.valid("query");
    if (detector === undefined) {
      const open = await Promise.all((await listLocks(table)).map((lock) => openRun(table, lock)));
      return c.json({ items: open.filter((run) => !isEnded(run)), cursor: null }, 200);
    }
    const list = `workflows:${detector}`;
    const before = cursor === undefined ? undefined : decodeCursor(list, cursor, isBefore).before;
    const runs = await listRuns(table, detector, { before, limit: limit + 1 });
    const items = runs.slice(0, limit);
    const next = runs.length > limit ? encodeCursor(list, { before: items.at(-1)!.id }) : null;
    return c.json({ items, cursor: next }, 200);
  });
  app.openapi(getRoute, async (c) => {
    const { detector, run } = c.req.valid("param");
    return c.json(await getRun(table, detector, run), 200);
  });
  app.openapi(startRoute, async (c) => {
    const { detector, trigger } = c.req.valid("json");
    const id = trigger ?? crypto.randomUUID();
    const { run, isNew } = await startWorkflow(ports, detector, { kind: "api", id, by: callerOf(c) });
    if (!isNew) return c.json(run, 200);
    c.header("location", `/v1/workflows/${detector}/${run.id}`);
    return c.json(run, 201);
  });
  app.openapi(approveRoute, async (c) => {
    const { detector, run } = c.req.valid("param");
    return c.json(await approveRun(ports, detector, run, { by: callerOf(c), ...c.req.valid("json") }), 200);
  });
  app.openapi(rejectRoute, async (c) => {
    const { detector, run } = c.req.valid("param");
    return c.json(await rejectRun(ports, detector, run, { by: callerOf(c), ...c.req.valid("json") }), 200);
  });
  app.openapi(cancelRoute, async (c) => {
    const { detector, run } = c.req.valid("param");
    return c.json(await cancelRun(ports, detector, run, { by: callerOf(c), ...c.req.valid("json") }), 200);
  });
};

const isBefore = (position: Record<string, unknown>): position is { before: string } =>
  typeof position.before === "string";

import { createRoute } from "@hono/zod-openapi";
import type { Api } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { DetectorPath } from "../schemas/detector.ts";
import { BacktestBody, JobDocument } from "../schemas/jobs.ts";

const route = createRoute({
  method: "post",
  path: "/v1/detectors/{id}/backtest",
  operationId: "backtestDetector",
  ...needs("operate"),
  tags: ["Detectors"],
  summary: "Score a detector's history again with a version of a model",
  description:
    "Compares the incidents that the version would have reported with those that were live then. The answer is a job: " +
    "`GET /v1/jobs/{id}` shows how far it is, and what came of it.",
  request: {
    params: DetectorPath,
    headers: IDEMPOTENCY_HEADERS,
    body: { content: { "application/json": { schema: BacktestBody } }, required: true },
  },
  responses: {
    202: { description: "The job.", content: { "application/json": { schema: JobDocument } } },
    ...problemResponses("FORBIDDEN", "NOT_FOUND", "CONFLICT", "VALIDATION", "IDEMPOTENCY_KEY_REUSED"),
  },
});

export const backtestRoutes = (app: Api, { orderBacktest }: Pick<ApiPorts, "orderBacktest">): void => {
  app.openapi(route, async (c) => {
    const { model, ...range } = c.req.valid("json");
    const [name, version] = model.split("@") as [string, string];
    const wish = { detector: c.req.valid("param").id, model: { name, version: Number(version) }, ...range };
    const job = await orderBacktest(wish);
    return c.json(job, 202, { location: `/v1/jobs/${job.id}` });
  });
};

import { createRoute } from "@hono/zod-openapi";
import { readJob } from "@tidewatch/core/backtest/job";
import type { Api } from "../http/env.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { JobDocument, JobPath } from "../schemas/jobs.ts";

const route = createRoute({
  method: "get",
  path: "/v1/jobs/{id}",
  operationId: "getJob",
  ...needs("read"),
  tags: ["Operations"],
  summary: "See how far a job is, and what came of it",
  description: "Jobs are kept for 30 days. One that a restart has cut goes on where it was; `attempts` says so.",
  request: { params: JobPath },
  responses: {
    200: { description: "The job.", content: { "application/json": { schema: JobDocument } } },
    ...problemResponses("NOT_FOUND"),
  },
});

export const jobRoutes = (app: Api, { table }: Pick<ApiPorts, "table">): void => {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid("param");
    const job = await readJob(table, id);
    if (!job) throw httpError("NOT_FOUND", `There is no job "${id}", or none any more.`);
    return c.json(job, 200);
  });
};

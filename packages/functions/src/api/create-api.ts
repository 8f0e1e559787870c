import { setTimeout } from "node:timers/promises";
import { OpenAPIHono } from "@hono/zod-openapi";
import { authenticate, checkScope } from "./http/auth.ts";
import type { Api, ApiEnv } from "./http/env.ts";
import { gzipAnswers } from "./http/gzip-answers.ts";
import { idempotency } from "./http/idempotency.ts";
import { knownKeys } from "./http/known-keys.ts";
import { knownQueries } from "./http/known-queries.ts";
import { notFound } from "./http/methods.ts";
import { fieldErrors, httpError, onError } from "./http/problem.ts";
import { rateLimit } from "./http/rate-limit.ts";
import { rateLimiter } from "./http/rate-limiter.ts";
import { refuseCrossSiteWrites, requestLog } from "./http/request-log.ts";
import { securityHeaders } from "./http/security-headers.ts";
import { mlflowRoutes } from "./mlflow/mlflow-routes.ts";
import type { ApiPorts } from "./ports.ts";
import { resultsOf } from "./results/results.ts";
import { anomalyRoutes } from "./routes/anomalies.ts";
import { backtestRoutes } from "./routes/backtests.ts";
import { datasetRoutes } from "./routes/datasets.ts";
import { detectorReadRoutes } from "./routes/detectors-read.ts";
import { detectorWriteRoutes } from "./routes/detectors-write.ts";
import { docsRoutes } from "./routes/docs.ts";
import { driftRoutes } from "./routes/drift.ts";
import { eventRoutes } from "./routes/events.ts";
import { failedRoutes } from "./routes/failed.ts";
import { forecastRoutes } from "./routes/forecast.ts";
import { healthRoutes } from "./routes/health.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { keyRoutes } from "./routes/keys.ts";
import { labelRoutes } from "./routes/labels.ts";
import { modelAliasRoutes } from "./routes/models-aliases.ts";
import { modelReadRoutes } from "./routes/models-read.ts";
import { modelWriteRoutes } from "./routes/models-write.ts";
import { logModelWriteRoutes } from "./routes/models-write-log.ts";
import { openapiRoutes } from "./routes/openapi.ts";
import { pointRoutes } from "./routes/points.ts";
import { predictRoutes } from "./routes/predict.ts";
import { reportRoutes } from "./routes/reports.ts";
import { runRoutes } from "./routes/runs.ts";
import { seriesRoutes } from "./routes/series.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { statusRoutes } from "./routes/status.ts";
import { templateRoutes } from "./routes/templates.ts";
import { trainRoutes } from "./routes/train.ts";
import { workflowRoutes } from "./routes/workflows.ts";

/**
 * The HTTP API over the ports; the same app on Lambda (`hono/aws-lambda`) and on a port (`@hono/node-server`).
 * Routes that are added later (a page at `/`) go through the same middleware.
 */
export const createApi = (ports: ApiPorts): Api => {
  const app: Api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const where = { json: "", param: "path" }[result.target as string] ?? result.target;
      throw httpError("VALIDATION", "The request breaks a rule.", { errors: fieldErrors(result.error, where) });
    },
  });
  app.onError(onError);
  const onFailure = (failure: unknown) =>
    ports.log({ level: "warn", message: "the time of a key's use was not written", failure });
  const keys = knownKeys({ ...ports, onFailure });
  app.use(requestLog(ports), securityHeaders, gzipAnswers, refuseCrossSiteWrites);
  app.use(
    authenticate(app, { ...ports, keys }),
    rateLimit(rateLimiter({ ...ports, random: Math.random, sleep: (ms) => setTimeout(ms) })),
    checkScope,
    knownQueries(app),
    idempotency(ports),
  );
  const results = resultsOf(ports);
  eventRoutes(app, ports);
  detectorReadRoutes(app, ports);
  detectorWriteRoutes(app, ports);
  trainRoutes(app, ports);
  backtestRoutes(app, ports);
  jobRoutes(app, ports);
  reportRoutes(app, ports);
  workflowRoutes(app, ports);
  labelRoutes(app, ports);
  datasetRoutes(app, ports);
  modelReadRoutes(app, ports);
  modelWriteRoutes(app, ports);
  modelAliasRoutes(app, ports);
  logModelWriteRoutes(app, ports);
  seriesRoutes(app, ports, results);
  pointRoutes(app, ports);
  anomalyRoutes(app, ports, results);
  sessionRoutes(app, ports, results);
  templateRoutes(app, ports, results);
  predictRoutes(app, results);
  forecastRoutes(app, ports);
  driftRoutes(app, ports);
  statusRoutes(app, ports, results);
  failedRoutes(app, ports);
  keyRoutes(app, ports, keys);
  runRoutes(app, ports);
  mlflowRoutes(app, ports);
  healthRoutes(app, ports);
  openapiRoutes(app, ports);
  docsRoutes(app);
  app.notFound(notFound(app));
  return app;
};

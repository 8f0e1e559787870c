import { createRoute } from "@hono/zod-openapi";
import { featureNames } from "@tidewatch/core/detector";
import { forecastingFamilies, forecastSeries } from "@tidewatch/core/forecast/run";
import { getMetricDetector } from "@tidewatch/core/store/detectors";
import { jsonBody } from "../http/body.ts";
import type { Api } from "../http/env.ts";
import { problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { ForecastRequest, ForecastResult } from "../schemas/forecast.ts";
import { noDetector } from "./detectors-read.ts";

const route = createRoute({
  method: "post",
  path: "/v1/forecast",
  operationId: "forecast",
  ...needs("read"),
  tags: ["Models"],
  summary: "Forecast a series",
  description:
    "The next rows of a series, with a band for each, by the detector's model. For detectors of the families " +
    `${forecastingFamilies().join(" and ")}. Nothing is stored. Missing rows count as what they were forecast to be.`,
  request: { body: { required: true, content: { "application/json": { schema: ForecastRequest } } } },
  middleware: jsonBody,
  responses: {
    200: { description: "A point for each step.", content: { "application/json": { schema: ForecastResult } } },
    ...problemResponses(
      ...(["MALFORMED", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "TOO_LARGE"] as const),
      ...(["UNSUPPORTED_MEDIA_TYPE", "VALIDATION"] as const),
    ),
  },
});

export const forecastRoutes = (app: Api, ports: Pick<ApiPorts, "table" | "blobs">): void => {
  app.openapi(route, async (c) => {
    const { detector: id, entity, steps, level, from } = c.req.valid("json");
    const stored = await getMetricDetector(ports.table, id);
    if (!stored) throw noDetector(id);
    const { detector } = stored;
    const found = await forecastSeries(ports, { detector, entity, steps, level, fromMs: from });
    const answer = {
      ...{ detector: id, entity, features: featureNames(detector), level },
      modelVersion: found.manifest.version,
      lastTimestamp: found.newestMs,
      intervalMs: found.intervalMs,
      points: found.points,
    };
    return c.json(answer, 200);
  });
};

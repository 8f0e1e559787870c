import { createRoute } from "@hono/zod-openapi";
import { familyOf } from "@tidewatch/core/model/families";
import { detectorThreshold } from "@tidewatch/core/score/threshold";
import { jsonBody } from "../http/body.ts";
import type { Api } from "../http/env.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import { predict } from "../results/predict.ts";
import type { Results } from "../results/results.ts";
import { PredictRequest, PredictResult } from "../schemas/predict.ts";
import { noDetector } from "./detectors-read.ts";

const route = createRoute({
  method: "post",
  path: "/v1/predict",
  operationId: "predict",
  ...needs("read"),
  tags: ["Models"],
  summary: "Score rows now",
  description:
    "With the detector's model and threshold. Nothing is stored, and what needs the memory of a series (direction and " +
    "deviation rules, expected values, incidents) does not apply.",
  request: { body: { required: true, content: { "application/json": { schema: PredictRequest } } } },
  middleware: jsonBody,
  responses: {
    200: { description: "A result for each row.", content: { "application/json": { schema: PredictResult } } },
    ...problemResponses(
      ...(["MALFORMED", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "TOO_LARGE"] as const),
      ...(["UNSUPPORTED_MEDIA_TYPE", "VALIDATION"] as const),
    ),
  },
});

export const predictRoutes = (app: Api, results: Results): void => {
  app.openapi(route, async (c) => {
    const { detector: id, rows } = c.req.valid("json");
    const [stored, scorer] = await Promise.all([results.detectorOf(id), results.scorerOf(id)]);
    if (!stored) throw noDetector(id);
    const { family } = stored.detector.model;
    if (familyOf(stored.detector.model).kind === "online") {
      throw httpError(
        "CONFLICT",
        `Detector "${id}" (${family}) scores a row by what its series has learnt: put events.`,
      );
    }
    if (!scorer) throw httpError("CONFLICT", `Detector "${id}" has no model yet; train it first.`);
    const predictions = await predict(scorer, detectorThreshold(stored.detector), rows);
    return c.json({ results: predictions, modelVersion: scorer.manifest.version }, 200);
  });
};

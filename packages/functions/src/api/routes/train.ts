import { createRoute } from "@hono/zod-openapi";
import type { Api } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { DetectorPath, TrainResult } from "../schemas/detector.ts";

const route = createRoute({
  method: "post",
  path: "/v1/detectors/{id}/train",
  operationId: "trainDetector",
  ...needs("operate"),
  tags: ["Detectors"],
  summary: "Train a detector's model now",
  description:
    "On the newest rows of its series, or the newest sessions of a log detector. Answers when the model is in use; " +
    "`CONFLICT` while there are too few. A detector without a model is trained by itself as soon as it has enough.",
  request: { params: DetectorPath, headers: IDEMPOTENCY_HEADERS },
  responses: {
    200: { description: "The new model.", content: { "application/json": { schema: TrainResult } } },
    ...problemResponses("FORBIDDEN", "NOT_FOUND", "CONFLICT", "IDEMPOTENCY_KEY_REUSED", "UNAVAILABLE"),
  },
});

export const trainRoutes = (app: Api, { train }: Pick<ApiPorts, "train">): void => {
  app.openapi(route, async (c) => {
    const { version, trainingRows } = await train(c.req.valid("param").id);
    return c.json({ version, trainingRows }, 200);
  });
};

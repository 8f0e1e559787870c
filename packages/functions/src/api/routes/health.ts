import { createRoute, z } from "@hono/zod-openapi";
import type { Api } from "../http/env.ts";
import { problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";

export const Health = z.object({ status: z.literal("ok") }).openapi("Health", { example: { status: "ok" } });

const route = createRoute({
  method: "get",
  path: "/healthz",
  operationId: "getHealth",
  ...needs("public"),
  tags: ["Operations"],
  summary: "Is the API up and its table readable?",
  description: "Answers 200 when one item can be looked up in the table. For load balancers and probes.",
  responses: {
    200: { description: "Up.", content: { "application/json": { schema: Health } } },
    ...problemResponses("VALIDATION", "UNAVAILABLE"),
  },
});

export const healthRoutes = (app: Api, { table }: Pick<ApiPorts, "table">): void => {
  app.openapi(route, async (c) => {
    await table.getMany([{ pk: "HEALTH", sk: "PROBE" }]);
    return c.json({ status: "ok" as const }, 200);
  });
};

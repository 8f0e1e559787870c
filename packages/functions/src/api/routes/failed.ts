import { createRoute, z } from "@hono/zod-openapi";
import { redriveFailed } from "@tidewatch/core/ingest/redrive";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { RedriveResult } from "../schemas/failed.ts";
import { cursorQuery, limitQuery } from "../schemas/paging.ts";

const LIST = "failed";
/** An object holds the failed records of a batch: some seconds for a hundred of them. */
const DEFAULT_OBJECTS = 20;
const MAX_OBJECTS = 100;
/**
 * No object is begun after this time: it would be left half done, and be unclear, when the function's own time (29 seconds)
 * is over. The rest of it is for the object at hand: 6 MB at the slowest, when the stream is throttled.
 */
const BEGIN_WITHIN_MS = 10_000;

const query = z.object({
  limit: limitQuery(DEFAULT_OBJECTS, MAX_OBJECTS),
  cursor: cursorQuery,
  again: z
    .enum(["true", "false"])
    .default("false")
    .openapi({ description: "`true`: those too that a redrive began and did not finish. Records may come twice." }),
});

const route = createRoute({
  method: "post",
  path: "/v1/failed/redrive",
  operationId: "redriveFailed",
  ...needs("operate"),
  tags: ["Operations"],
  summary: "Put failed records back on the stream",
  description:
    "Records that the scorer or the log stage could not apply (a damaged series, say) are kept under `failed/score/` and " +
    "`failed/log/`; on AWS, batches that a " +
    "consumer gave up under `aws/lambda/`. When the cause is repaired, this puts them back, a few objects with each " +
    "request (as many as ten seconds allow; `cursor` goes on), each object once. They come as new records, to all consumers: what is older than its series' lateness " +
    "allows counts as late.",
  request: { query, headers: IDEMPOTENCY_HEADERS },
  responses: {
    200: { description: "What was put back.", content: { "application/json": { schema: RedriveResult } } },
    ...problemResponses("FORBIDDEN", "NOT_FOUND", "CONFLICT", "VALIDATION", "IDEMPOTENCY_KEY_REUSED", "UNAVAILABLE"),
  },
});

export const failedRoutes = (app: Api, ports: Pick<ApiPorts, "blobs" | "stream" | "clock">): void => {
  app.openapi(route, async (c) => {
    const { limit, cursor, again } = c.req.valid("query");
    const after = cursor === undefined ? undefined : decodeCursor(LIST, cursor, isAfter).after;
    const stopAtMs = ports.clock() + BEGIN_WITHIN_MS;
    const { next, ...report } = await redriveFailed(ports, { limit, after, again: again === "true", stopAtMs });
    return c.json({ ...report, cursor: next === undefined ? null : encodeCursor(LIST, { after: next }) }, 200);
  });
};

const isAfter = (position: Record<string, unknown>): position is { after: string } =>
  typeof position.after === "string";

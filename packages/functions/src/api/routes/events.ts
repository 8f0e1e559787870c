import { createRoute } from "@hono/zod-openapi";
import { Event } from "@tidewatch/core/ingest/event";
import { acceptEvents } from "../events/accept.ts";
import { addReceipts, nothingIngested } from "../events/ingested.ts";
import { type Progress, shortened } from "../events/progress.ts";
import { splitJson, splitLines } from "../events/split.ts";
import { mediaTypeOf, readBody, wrongMediaType } from "../http/body.ts";
import type { Api } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { IngestResult, logEventExample, metricEventExample } from "../schemas/events.ts";

const SPLITTERS = { "application/json": splitJson, "application/x-ndjson": splitLines } as const;

/** References, not zod schemas: the body goes through `decodeEvent` piece by piece instead of being parsed as a whole. */
const eventRef = { $ref: "#/components/schemas/Event" };

const route = createRoute({
  method: "post",
  path: "/v1/events",
  operationId: "putEvents",
  ...needs("ingest"),
  tags: ["Events"],
  summary: "Put events on the stream",
  description:
    "Takes a JSON array, one JSON object, or NDJSON; up to 10 MB and 100,000 events, gzip allowed (10 MB inflated). " +
    "What is accepted is durable when the answer comes. Valid events are accepted whatever their neighbours are. On AWS the " +
    "gateway takes less, 6 MB after its own encoding (a gzipped body grows by a third, each quotation mark of others counts " +
    'twice), and answers 413 with `{"message": …}` instead of a problem document: send at most 4 MB at a time there.',
  request: {
    headers: IDEMPOTENCY_HEADERS,
    body: {
      required: true,
      content: {
        "application/json": {
          schema: { anyOf: [{ type: "array", items: eventRef }, eventRef] },
          examples: {
            array: { summary: "Two events", value: [metricEventExample, logEventExample] },
            single: { summary: "One event", value: metricEventExample },
          },
        },
        "application/x-ndjson": {
          schema: { type: "string" },
          example: `${JSON.stringify(metricEventExample)}\n${JSON.stringify(logEventExample)}\n`,
        },
      },
    },
  },
  responses: {
    202: { description: "What became of the events.", content: { "application/json": { schema: IngestResult } } },
    ...problemResponses(
      "MALFORMED",
      "FORBIDDEN",
      "CONFLICT",
      "TOO_LARGE",
      "UNSUPPORTED_MEDIA_TYPE",
      "IDEMPOTENCY_KEY_REUSED",
      "UNAVAILABLE",
    ),
  },
});

export const eventRoutes = (app: Api, { stream }: Pick<ApiPorts, "stream">): void => {
  app.openAPIRegistry.register("Event", Event.clone());
  app.openapi(route, async (c) => {
    const split = SPLITTERS[mediaTypeOf(c) as keyof typeof SPLITTERS];
    if (!split) throw wrongMediaType(c, ...Object.keys(SPLITTERS));
    const body = await readBody(c);
    const ingested = nothingIngested();
    c.set("ingested", ingested);
    const from = c.get("progress");
    const countRefused = ({ rejected }: Pick<Progress, "rejected">) => {
      ingested.rejected = rejected.length - (from?.rejected.length ?? 0);
    };
    const result = await acceptEvents(stream, body, split(body), {
      from,
      onPut: (receipts) => addReceipts(ingested, receipts),
      onFailure: (progress) => {
        countRefused(progress);
        c.set("progress", progress);
      },
    });
    countRefused(result);
    return c.json({ ...result, rejected: shortened(result.rejected) }, 202);
  });
};

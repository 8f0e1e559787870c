import { createRoute, type z } from "@hono/zod-openapi";
import { Event } from "@tidewatch/core/ingest/event";
import { acceptEvents } from "../events/accept.ts";
import { addReceipts, nothingIngested } from "../events/ingested.ts";
import { type Progress, shortened } from "../events/progress.ts";
import { type EventSource, slicedEvents } from "../events/source.ts";
import { splitJson, splitLines } from "../events/split.ts";
import { readText } from "../events/text.ts";
import { mediaTypeOf, readBody, wrongMediaType } from "../http/body.ts";
import type { Api, ApiContext } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { IngestResult, logEventExample, metricEventExample, TextQuery } from "../schemas/events.ts";

const TEXT = "text/plain";
const SPLITTERS = { "application/json": splitJson, "application/x-ndjson": splitLines } as const;

/** References, not zod schemas: the body goes through `decodeEvent` piece by piece instead of being parsed as a whole. */
const eventRef = { $ref: "#/components/schemas/Event" };

const textExample = `2026-11-20 10:00:00,123 ERROR web.Server: request failed
java.io.IOException: connection reset
\tat web.Server.handle(Server.java:42)
2026-11-20 10:00:01,004 INFO web.Server: up again
`;

const route = createRoute({
  method: "post",
  path: "/v1/events",
  operationId: "putEvents",
  ...needs("ingest"),
  tags: ["Events"],
  summary: "Put events on the stream",
  description:
    "Takes a JSON array, one JSON object, NDJSON, or the plain lines of a log; up to 10 MB and 100,000 events, gzip allowed " +
    "(10 MB inflated). Of plain lines (up to 200,000) the format is found from the first ones; a line without a header, and " +
    "one of a stack trace, belongs to the event before. The message of an event are its lines as they came, its time is that " +
    "of its header, else of its arrival. " +
    "What is accepted is durable when the answer comes. Valid events are accepted whatever their neighbours are. On AWS the " +
    "gateway takes less, 6 MB after its own encoding (a gzipped body grows by a third, each quotation mark of others counts " +
    'twice), and answers 413 with `{"message": …}` instead of a problem document: send at most 4 MB at a time there.',
  request: {
    query: TextQuery,
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
        "text/plain": { schema: { type: "string" }, example: textExample },
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
      "VALIDATION",
      "IDEMPOTENCY_KEY_REUSED",
      "UNAVAILABLE",
    ),
  },
});

export const eventRoutes = (app: Api, { stream, clock }: Pick<ApiPorts, "stream" | "clock">): void => {
  app.openAPIRegistry.register("Event", Event.clone());
  app.openapi(route, async (c) => {
    const { source, ...told } = await readEvents(c, c.req.valid("query"), clock());
    const ingested = nothingIngested();
    c.set("ingested", ingested);
    const from = c.get("progress");
    const countRefused = ({ rejected }: Pick<Progress, "rejected">) => {
      ingested.rejected = rejected.length - (from?.rejected.length ?? 0);
    };
    const result = await acceptEvents(stream, source, {
      from,
      onPut: (receipts) => addReceipts(ingested, receipts),
      onFailure: (progress) => {
        countRefused(progress);
        c.set("progress", progress);
      },
    });
    countRefused(result);
    return c.json({ ...result, rejected: shortened(result.rejected), ...told }, 202);
  });
};

type Read = { source: EventSource; lines?: number };

const readEvents = async (c: ApiContext, query: z.output<typeof TextQuery>, nowMs: number): Promise<Read> => {
  const mediaType = mediaTypeOf(c);
  const split = SPLITTERS[mediaType as keyof typeof SPLITTERS];
  if (!split && mediaType !== TEXT) throw wrongMediaType(c, ...Object.keys(SPLITTERS), TEXT);
  const { entity, session, zone = 0 } = query;
  if (split) {
    const given = Object.keys(query);
    if (given.length > 0) throw badQuery(given, `is for ${TEXT} only: events say it themselves`);
    const body = await readBody(c);
    return { source: slicedEvents(body, split(body)) };
  }
  if (entity === undefined) throw badQuery(["entity"], "is needed: it is what the lines are of");
  return await readText(await readBody(c), { entity, session, zoneMinutes: zone, nowMs });
};

const badQuery = (names: readonly string[], message: string) =>
  httpError("VALIDATION", "The query does not go with the content type.", {
    errors: names.map((name) => ({ path: `query.${name}`, message })),
  });

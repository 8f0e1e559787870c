import { createRoute, z } from "@hono/zod-openapi";
import { createKey, listKeys, revokeKey } from "@tidewatch/core/access/store";
import { jsonBody } from "../http/body.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import type { KnownKeys } from "../http/known-keys.ts";
import { problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { CreatedKey, KeyPage, keyDocument, NewKeyDocument } from "../schemas/keys.ts";
import { cursorQuery, limitQuery } from "../schemas/paging.ts";

const LIST = "keys";
const tags = ["Keys"];

const createOne = createRoute({
  method: "post",
  path: "/v1/keys",
  operationId: "createKey",
  ...needs("admin"),
  tags,
  summary: "Create an API key",
  description:
    "The answer holds the token, which is shown this once and stored as a salted hash only. For that reason an " +
    "`Idempotency-Key` is refused here: when the answer was lost, revoke the key and create another.",
  request: { body: { required: true, content: { "application/json": { schema: NewKeyDocument } } } },
  middleware: jsonBody,
  responses: {
    201: { description: "Created.", content: { "application/json": { schema: CreatedKey } } },
    ...problemResponses(
      ...(["MALFORMED", "FORBIDDEN", "CONFLICT", "TOO_LARGE"] as const),
      ...(["UNSUPPORTED_MEDIA_TYPE", "VALIDATION"] as const),
    ),
  },
});

const listAll = createRoute({
  method: "get",
  path: "/v1/keys",
  operationId: "listKeys",
  ...needs("admin"),
  tags,
  summary: "List the API keys",
  description: "In the order of their ids, without secrets. Revoked ones stay in the list for 90 days.",
  request: { query: z.object({ limit: limitQuery(100), cursor: cursorQuery }) },
  responses: {
    200: { description: "A page of keys.", content: { "application/json": { schema: KeyPage } } },
    ...problemResponses("VALIDATION"),
  },
});

const revokeOne = createRoute({
  method: "delete",
  path: "/v1/keys/{id}",
  operationId: "revokeKey",
  ...needs("admin"),
  tags,
  summary: "Revoke an API key",
  description: "For good. Every server stops taking it within half a minute. Revoking it again changes nothing.",
  request: {
    params: z.object({
      id: z
        .string()
        .openapi({ param: { name: "id", in: "path" }, description: "The key's id.", example: "4f1c09b2a7de" }),
    }),
    headers: IDEMPOTENCY_HEADERS,
  },
  responses: {
    204: { description: "Revoked." },
    ...problemResponses("FORBIDDEN", "NOT_FOUND", "CONFLICT", "IDEMPOTENCY_KEY_REUSED"),
  },
});

export const keyRoutes = (app: Api, { table, clock }: Pick<ApiPorts, "table" | "clock">, keys: KnownKeys): void => {
  app.openapi(createOne, async (c) => {
    const { key, token } = await createKey({ table, clock, random }, c.req.valid("json"));
    return c.json({ key: keyDocument(key, undefined), token }, 201);
  });
  app.openapi(listAll, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const after = cursor === undefined ? "" : decodeCursor(LIST, cursor, isAfter).after;
    const found = await listKeys(table, { after, limit: limit + 1 });
    const items = found.slice(0, limit).map(({ key, lastUsedAtMs }) => keyDocument(key, lastUsedAtMs));
    const more = found.length > limit;
    return c.json({ items, cursor: more ? encodeCursor(LIST, { after: items.at(-1)!.id }) : null }, 200);
  });
  app.openapi(revokeOne, async (c) => {
    const { id } = c.req.valid("param");
    await revokeKey({ table, clock }, id);
    keys.forget(id);
    return c.body(null, 204);
  });
};

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

const isAfter = (position: Record<string, unknown>): position is { after: string } =>
  typeof position.after === "string";

import { createRoute } from "@hono/zod-openapi";
import { moveByHand } from "@tidewatch/core/promote/move-by-hand";
import { aliasAt, aliasHistory } from "@tidewatch/core/register/aliases";
import { overviewOf } from "@tidewatch/core/register/promote-version";
import { callerOf } from "../http/auth.ts";
import { jsonBody } from "../http/body.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { shownMove } from "../results/alias-moves.ts";
import { AliasHistory, AliasWish, HistoryQuery, ModelAliases } from "../schemas/model-aliases.ts";
import { ModelPath } from "../schemas/models.ts";

const tags = ["Models"];

const historyRoute = createRoute({
  method: "get",
  path: "/v1/models/{name}/history",
  operationId: "getModelHistory",
  ...needs("read"),
  tags,
  summary: "See which version was in use when, and why",
  description:
    "Who moved an alias, when, for what reason and by which figures. With `at`, which version the champion, or another alias, " +
    "was at that time.",
  request: { params: ModelPath, query: HistoryQuery },
  responses: {
    200: { description: "A page of moves.", content: { "application/json": { schema: AliasHistory } } },
    ...problemResponses("NOT_FOUND", "VALIDATION"),
  },
});

const setRoute = createRoute({
  method: "post",
  path: "/v1/models/{name}/aliases",
  operationId: "setModelAlias",
  ...needs("operate"),
  tags,
  summary: "Set an alias, or take it away",
  description:
    "`champion` puts a version into use, as a promotion does; `challenger` tries one in shadow until the alias is taken away; " +
    "`previous` moves by itself. Other names are yours.",
  request: {
    params: ModelPath,
    headers: IDEMPOTENCY_HEADERS,
    body: { required: true, content: { "application/json": { schema: AliasWish } } },
  },
  middleware: jsonBody,
  responses: {
    200: {
      description: "What the aliases name now.",
      content: { "application/json": { schema: ModelAliases } },
    },
    ...problemResponses("MALFORMED", "TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "VALIDATION"),
    ...problemResponses("FORBIDDEN", "NOT_FOUND", "CONFLICT", "IDEMPOTENCY_KEY_REUSED"),
  },
});

export const modelAliasRoutes = (app: Api, ports: Pick<ApiPorts, "table" | "blobs" | "clock">): void => {
  app.openapi(historyRoute, async (c) => {
    const { name } = c.req.valid("param");
    const { alias, at, limit, cursor } = c.req.valid("query");
    const list = JSON.stringify(["model-history", name, alias, at]);
    // Moves may have one time: a page goes on among those of the last one's.
    const { untilMs, skip } = cursor === undefined ? { untilMs: at, skip: 0 } : decodeCursor(list, cursor, isPosition);
    const wanted = { ...(alias !== undefined && { alias }), ...(untilMs !== undefined && { beforeMs: untilMs + 1 }) };
    const found = await aliasHistory(ports, name, { ...wanted, limit: skip + limit + 1 });
    if (found.length === 0) await checkThere(ports, name);
    const page = found.slice(skip, skip + limit);
    const lastMs = page.at(-1)?.sinceMs ?? 0;
    const same = found.slice(0, skip + limit).filter(({ sinceMs }) => sinceMs === lastMs).length;
    const position = { untilMs: lastMs, skip: same };
    const held = at === undefined ? undefined : await aliasAt(ports, name, alias ?? "champion", at);
    return c.json(
      {
        items: page.map(shownMove),
        cursor: found.length > skip + limit ? encodeCursor(list, position) : null,
        ...(at !== undefined && { at: held ? shownMove(held) : null }),
      },
      200,
    );
  });
  app.openapi(setRoute, async (c) => {
    const { name } = c.req.valid("param");
    const { alias, version, reason = "asked for" } = c.req.valid("json");
    const aliases = await moveByHand(ports, name, alias, version, { by: callerOf(c), reason });
    return c.json({ name, aliases }, 200);
  });
};

const checkThere = async (ports: Pick<ApiPorts, "table" | "blobs">, name: string): Promise<void> => {
  const { versions } = await overviewOf(ports, name, 1);
  if (versions.length === 0) throw httpError("NOT_FOUND", `There is no model "${name}" yet.`);
};

const isPosition = (position: Record<string, unknown>): position is { untilMs: number; skip: number } =>
  Number.isSafeInteger(position.untilMs) && Number.isSafeInteger(position.skip);

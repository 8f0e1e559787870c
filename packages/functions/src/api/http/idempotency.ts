import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "@hono/zod-openapi";
import { idempotencyKey } from "@tidewatch/core/store/keys";
import type { Item, ItemKey } from "@tidewatch/core/store/ports";
import type { MiddlewareHandler } from "hono";
import { z as zod } from "zod";
import { Progress } from "../events/progress.ts";
import type { ApiPorts } from "../ports.ts";
import { readBody } from "./body.ts";
import type { ApiContext, ApiEnv } from "./env.ts";
import { problemResponse } from "./problem.ts";
import { routeOf } from "./route-access.ts";

/** How long an answer is kept for a repeat. */
const KEEP_MS = 24 * 3600 * 1000;
/** After this a request that never ended counts as crashed, and its key may be used again. */
const PENDING_MS = 60_000;
/** Packed answers beyond this do not fit into a table item (400 KB with its keys on DynamoDB). */
const MAX_KEPT_BYTES = 380_000;
/** Printable, no spaces: a UUID fits. */
const KEY = /^[\x21-\x7e]{1,255}$/;
/** Headers of an answer that a repeat needs too. */
const KEPT_HEADERS = ["content-type", "etag", "location"];
const WRITES = new Set(["POST", "PUT", "DELETE"]);
/** Their answers hold a secret, which must not be stored: a key is refused rather than ignored. */
const NEVER_KEPT: readonly (string | undefined)[] = ["POST /v1/keys", "POST /api/2.0/mlflow-artifacts/mpu/create/*"];

/** For the OpenAPI document; the middleware does the checking. */
export const IDEMPOTENCY_HEADERS = z.object({
  "idempotency-key": z
    .string()
    .optional()
    .openapi({
      description:
        "Makes a retry safe: the same key with the same request gives the first answer again for 24 hours, marked by " +
        "`idempotency-replayed: true`. With another request it is refused.",
      example: "9b1d2f0e-4f5e-4a2b-9a58-2f0d6f3f1c11",
    }),
});

const Kept = zod.object({
  request: zod.string(),
  answer: zod.object({ status: zod.int(), headers: zod.record(zod.string(), zod.string()) }).optional(),
  /** It was done in part, and the packed part is how far it came. Nobody is at it again since this time. */
  free: zod.object({ atMs: zod.number() }).optional(),
});
type Kept = zod.output<typeof Kept>;

/**
 * Answers a repeated write with the answer of the first. The key is taken before the work and filled after it. A failure of
 * the server (500 and above) frees it; when part of the work was done by then, the key keeps how far it came, and a retry
 * does the rest. If the process dies in between, the key is free after a minute and the work may happen twice.
 * Each API key has its own: nobody gets an answer that somebody else was given.
 */
export const idempotency = ({
  table,
  clock,
  log,
}: Pick<ApiPorts, "table" | "clock" | "log">): MiddlewareHandler<ApiEnv> => {
  return async (c, next) => {
    const sent = c.req.header("idempotency-key");
    if (sent === undefined || !WRITES.has(c.req.method)) return next();
    if (!KEY.test(sent)) {
      const errors = [{ path: "header.idempotency-key", message: "must be 1 to 255 printable characters, no spaces" }];
      return problemResponse(c, { code: "VALIDATION", detail: "The Idempotency-Key breaks a rule.", errors });
    }
    if (NEVER_KEPT.includes(routeOf(c))) {
      const errors = [{ path: "header.idempotency-key", message: "is not taken here" }];
      const detail = "The answer holds a secret and is not kept for a repeat; leave the Idempotency-Key out.";
      return problemResponse(c, { code: "VALIDATION", detail, errors });
    }
    const key = idempotencyKey(sha256(`${c.get("key")?.id ?? ""} ${sent}`));
    const request = await hashOf(c);
    // Unlike any other item, so that no table takes the same request's, put at the same time, for this one.
    const doc = JSON.stringify({ request, attempt: crypto.randomUUID() });
    const pending = { ...key, version: 1, doc, expiresAtMs: clock() + PENDING_MS };
    const [outcome] = await table.putMany([{ item: pending, condition: { kind: "absent" } }]);
    let version = pending.version;
    if (outcome === "conflict") {
      const item = (await table.getMany([key]))[0];
      const progress = progressOf(item, request, clock());
      if (!item || !progress) return repeat(c, item, request);
      version = item.version + 1;
      const goesOn = { ...item, version, doc: busyDoc(request, clock()) };
      const [taken] = await table.putMany([{ item: goesOn, condition: { kind: "version", version: item.version } }]);
      if (taken === "conflict") return repeat(c, goesOn, request);
      c.set("progress", progress);
    }
    await next();
    try {
      const kept = { ...(await keep(c, key, request, clock())), version: version + 1 };
      await table.putMany([{ item: kept, condition: { kind: "version", version } }]);
    } catch (failure) {
      // What was done is done: who hears of a failure instead would do it again.
      log({ level: "warn", message: "the answer was not kept for a repeat", requestId: c.get("requestId"), failure });
    }
    return undefined;
  };
};

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** All that makes one request another: what is asked, of what, on which condition. */
const hashOf = async (c: ApiContext): Promise<string> => {
  const { method, url } = c.req;
  const { pathname, search } = new URL(url);
  const conditions = [c.req.header("if-match") ?? "", c.req.header("if-none-match") ?? ""];
  const head = JSON.stringify([method, pathname, search, c.req.header("content-type") ?? "", ...conditions]);
  return sha256(`${head}\n${sha256(await readBody(c))}`);
};

const keptIn = (item: Item | undefined): Kept | undefined =>
  item?.doc === undefined ? undefined : Kept.parse(JSON.parse(item.doc));

const busyDoc = (request: string, nowMs: number): string =>
  JSON.stringify({ request, attempt: crypto.randomUUID(), free: { atMs: nowMs + PENDING_MS } });

/** How far the same request came, if it was done in part and nobody is at it. */
const progressOf = (item: Item | undefined, request: string, nowMs: number): Progress | undefined => {
  const kept = keptIn(item);
  if (!item?.bytes || !kept?.free || kept.request !== request || kept.free.atMs > nowMs) return undefined;
  return Progress.parse(JSON.parse(gunzipSync(item.bytes).toString()));
};

const repeat = (c: ApiContext, item: Item | undefined, request: string): Response => {
  const kept = keptIn(item);
  if (kept && kept.request !== request) {
    const detail = "This Idempotency-Key was sent with another request within 24 hours; take a new one.";
    return problemResponse(c, { code: "IDEMPOTENCY_KEY_REUSED", detail });
  }
  if (!kept?.answer) {
    return problemResponse(c, { code: "CONFLICT", detail: "The first request with this key is not done yet; wait." });
  }
  if (!item?.bytes) {
    return problemResponse(c, { code: "CONFLICT", detail: "It was done, but its answer was too large to be kept." });
  }
  const { status, headers } = kept.answer;
  const body = status === 204 ? null : new Uint8Array(gunzipSync(item.bytes));
  return new Response(body, { status, headers: { ...headers, "idempotency-replayed": "true" } });
};

/** The item that ends the request: its answer; after a failure how far it came, or (expired at once) nothing. */
const keep = async (c: ApiContext, key: ItemKey, request: string, nowMs: number): Promise<Omit<Item, "version">> => {
  const { status } = c.res;
  const progress = c.get("progress");
  const isUndone = status >= 500 && !(progress && progress.accepted > 0);
  if (isUndone) return { ...key, doc: JSON.stringify({ request }), expiresAtMs: nowMs - 1 };
  const kept = { ...key, expiresAtMs: nowMs + KEEP_MS };
  if (status >= 500) {
    const bytes = gzipSync(JSON.stringify(progress));
    const doc = JSON.stringify({ request, free: { atMs: nowMs } } satisfies Kept);
    if (bytes.length <= MAX_KEPT_BYTES) return { ...kept, doc, bytes };
  }
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = c.res.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  const doc = JSON.stringify({ request, answer: { status, headers } } satisfies Kept);
  const bytes = gzipSync(new Uint8Array(await c.res.clone().arrayBuffer()));
  return bytes.length <= MAX_KEPT_BYTES ? { ...kept, doc, bytes } : { ...kept, doc };
};

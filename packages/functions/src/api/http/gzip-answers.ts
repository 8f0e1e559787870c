import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./env.ts";

/** Below this, gzip saves less than it costs. Bytes. */
const LEAST_BYTES = 1024;
/** Lists and points shrink to a third or less at any level; this one takes the least time. */
const LEVEL = constants.Z_BEST_SPEED;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/;
/** Names gzip, and not to say that it is unwanted (`q=0`). */
const TAKES_GZIP = /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)/i;

const compress = promisify(gzip);

/**
 * Compresses JSON answers for whoever takes gzip: CloudFront does not where nothing is cached. Those with an `ETag` stay as
 * they are, because it names these very bytes.
 */
export const gzipAnswers: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  const { headers, status } = c.res;
  if (!JSON_TYPE.test(headers.get("content-type") ?? "") || headers.has("content-encoding") || headers.has("etag"))
    return;
  headers.append("vary", "accept-encoding");
  if (c.req.method === "HEAD" || !TAKES_GZIP.test(c.req.header("accept-encoding") ?? "")) return;
  const body = Buffer.from(await c.res.arrayBuffer());
  const packed = body.length >= LEAST_BYTES ? await compress(body, { level: LEVEL }) : undefined;
  if (packed) headers.set("content-encoding", "gzip");
  headers.delete("content-length");
  c.res = new Response(new Uint8Array(packed ?? body), { status, headers });
};

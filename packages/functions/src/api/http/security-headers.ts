import type { MiddlewareHandler } from "hono";
import { PAGE_POLICY } from "../../page-policy.ts";
import type { ApiEnv } from "./env.ts";

/** Data load nothing, whatever a browser takes them for. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** No CORS headers on purpose: only pages of this origin may read. A route's own policy stays. */
export const securityHeaders: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  const { headers } = c.res;
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  headers.set("cross-origin-resource-policy", "same-origin");
  headers.set("x-frame-options", "DENY");
  if (!headers.has("content-security-policy")) {
    const isPage = headers.get("content-type")?.startsWith("text/html");
    headers.set("content-security-policy", isPage ? PAGE_POLICY : DATA_POLICY);
  }
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
};

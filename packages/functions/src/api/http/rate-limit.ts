import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./env.ts";
import { problemResponse } from "./problem.ts";
import { type Allowance, RATE_WINDOW_MS } from "./rate-limiter.ts";

const WINDOW_SECONDS = RATE_WINDOW_MS / 1000;

/** Lets a key's requests through up to its rate; says in every answer what is left of it. Without a key: no limit. */
export const rateLimit = (
  allowanceOf: (keyId: string, limit: number) => Promise<Allowance>,
): MiddlewareHandler<ApiEnv> => {
  return async (c, next) => {
    const key = c.get("key");
    if (!key) return next();
    const allowance = await allowanceOf(key.id, key.ratePerMinute);
    const { limit, resetSeconds } = allowance;
    if (allowance.isAllowed) await next();
    else {
      const detail = `Key ${key.id} ("${key.name}") may send ${limit} requests a minute; go on in ${resetSeconds} s.`;
      c.res = problemResponse(c, { code: "RATE_LIMITED", detail });
      c.res.headers.set("retry-after", String(resetSeconds));
    }
    // draft-ietf-httpapi-ratelimit-headers-11: quota and window, then what remains and for how long.
    c.res.headers.set("ratelimit-policy", `"key";q=${limit};w=${WINDOW_SECONDS}`);
    c.res.headers.set("ratelimit", `"key";r=${allowance.remaining};t=${resetSeconds}`);
  };
};

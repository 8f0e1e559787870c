import { stateOf } from "@tidewatch/core/access/key";
import type { StoredKey } from "@tidewatch/core/access/store";
import { isSecretOf, parseToken } from "@tidewatch/core/access/token";
import type { Clock } from "@tidewatch/core/store/ports";
import type { MiddlewareHandler } from "hono";
import type { Api, ApiContext, ApiEnv } from "./env.ts";
import type { KnownKeys } from "./known-keys.ts";
import { problemResponse } from "./problem.ts";
import { accessOf, declaredAccess, isGranted, type RouteAccess } from "./route-access.ts";

const BEARER = /^Bearer +(\S+) *$/i;

type Ports = { requireKeys: boolean; clock: Clock; keys: KnownKeys };
/** `reason` says what to do about it. */
type Checked = { stored: StoredKey } | { reason: string };

/**
 * Who asks? A key that is sent is checked, whether or not keys are required; without one, everything is allowed where
 * they are not required, and what is public where they are. Whether the key's scopes suffice, `checkScope` says.
 */
export const authenticate = (app: Api, { requireKeys, clock, keys }: Ports): MiddlewareHandler<ApiEnv> => {
  let declared: ReadonlyMap<string, RouteAccess> | undefined;
  return async (c, next) => {
    declared ??= declaredAccess(app); // at the first request, when all routes are there
    const access = accessOf(declared, c);
    c.set("access", access);
    const token = BEARER.exec(c.req.header("authorization") ?? "")?.[1];
    if (access === "public" || (token === undefined && !requireKeys)) return next();
    const checked = token === undefined ? undefined : await checkToken(keys, clock, token);
    if (checked === undefined) return askForKey(c);
    if ("reason" in checked) return refuseKey(c, checked.reason, requireKeys);
    c.set("key", checked.stored.key);
    const noted = keys.use(checked.stored);
    await next();
    await noted;
    return undefined;
  };
};

/** Runs after the rate limit: requests beyond a key's scopes count too. */
export const checkScope: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const [access, key] = [c.get("access"), c.get("key")];
  if (!key || isGranted(key.scopes, access)) return next();
  const detail = `This needs a key with the scope "${access}"; key ${key.id} ("${key.name}") has ${key.scopes.join(", ")}.`;
  const response = problemResponse(c, { code: "MISSING_SCOPE", detail });
  response.headers.set("www-authenticate", `${CHALLENGE}, error="insufficient_scope", scope="${access}"`);
  return response;
};

const checkToken = async (keys: KnownKeys, clock: Clock, text: string): Promise<Checked> => {
  const token = parseToken(text);
  if (!token) return { reason: "The bearer token is no API key: one looks like tw_<id>_<secret>." };
  const stored = await keys.find(token.id);
  // Ids are public, so it may be told apart by its time whether one exists; the secret's check takes the same time always.
  if (!stored || !isSecretOf(stored.key, token.secret)) {
    return { reason: "The API key is unknown here; see `tidewatch keys list`." };
  }
  const state = stateOf(stored.key, clock());
  if (state !== "active")
    return { reason: `The API key ${token.id} ("${stored.key.name}") is ${state}; make another.` };
  return { stored };
};

/** Who is named as the one who did it, where a change is kept for good. */
export const callerOf = (c: ApiContext): string => {
  const key = c.get("key");
  return key ? `key ${key.id} (${key.name})` : "somebody without a key";
};

/** RFC 6750: says how to authenticate, and what was wrong. */
const CHALLENGE = 'Bearer realm="tidewatch"';

const askForKey = (c: ApiContext): Response => {
  const detail = "This server asks for an API key: send the header `Authorization: Bearer tw_…`.";
  const response = problemResponse(c, { code: "UNAUTHENTICATED", detail });
  response.headers.set("www-authenticate", CHALLENGE);
  return response;
};

const refuseKey = (c: ApiContext, reason: string, requireKeys: boolean): Response => {
  const detail = requireKeys ? reason : `${reason} This server needs none: leave it out.`;
  const response = problemResponse(c, { code: "UNAUTHENTICATED", detail });
  response.headers.set("www-authenticate", `${CHALLENGE}, error="invalid_token"`);
  return response;
};

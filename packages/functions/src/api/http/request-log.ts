import type { Context, MiddlewareHandler } from "hono";
import type { Ingested } from "../events/ingested.ts";
import type { ApiPorts, LogEntry } from "../ports.ts";
import type { ApiEnv } from "./env.ts";
import { problemResponse } from "./problem.ts";
import { routeOf } from "./route-access.ts";

/** A caller's own request id: anything printable without spaces, short enough to log. */
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/** What is logged of a request. Its route and not its path: the values in a path may be names of a producer's. */
export type RequestEntry = LogEntry & {
  message: "request";
  requestId: string;
  method: string;
  route: string;
  status: number;
  durationMs: number;
  keyId?: string;
  code?: string;
  /** What it put on the stream: leads to the batches of the consumers that took it. */
  events?: Ingested;
  /** What made it fail, as it was thrown: each edge decides how much of it may be told. */
  failure?: unknown;
};

/** Gives each request an id (the caller's, if it is sane), echoes it, and logs one line when the answer is ready. */
export const requestLog = ({ log, clock }: Pick<ApiPorts, "log" | "clock">): MiddlewareHandler<ApiEnv> => {
  return async (c, next) => {
    const startMs = clock();
    const sent = c.req.header("x-request-id");
    const requestId = sent !== undefined && REQUEST_ID.test(sent) ? sent : crypto.randomUUID();
    c.set("requestId", requestId);
    await next();
    c.res.headers.set("x-request-id", requestId);
    const { status } = c.res;
    const [code, events] = [c.get("problemCode"), c.get("ingested")];
    const entry: RequestEntry = {
      level: status >= 500 ? "error" : "info",
      message: "request",
      requestId,
      method: c.req.method,
      route: routeOf(c)?.replace(/^\S+ /, "") ?? "none",
      status,
      durationMs: clock() - startMs,
      ...keyOf(c),
      ...(code === undefined ? {} : { code }),
      ...(events === undefined ? {} : { events }),
      ...(status >= 500 ? { failure: c.get("failure") } : {}),
    };
    log(entry);
  };
};

/** Its public id: the secret never gets here. */
const keyOf = (c: Context<ApiEnv>) => {
  const key = c.get("key");
  return key ? { keyId: key.id } : {};
};

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** For browsers that name only the origin. */
const isForeignOrigin = (c: Context<ApiEnv>): boolean => {
  const origin = c.req.header("origin");
  return origin !== undefined && origin !== new URL(c.req.url).origin;
};

/**
 * A page of another site may not write here: browsers say where a request comes from, other clients say nothing.
 * Without it any page that the user opens could start trainings on a server that listens on this machine.
 */
export const refuseCrossSiteWrites: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (SAFE_METHODS.has(c.req.method)) return next();
  const site = c.req.header("sec-fetch-site");
  const isForeign = site === undefined ? isForeignOrigin(c) : site !== "same-origin" && site !== "none";
  if (!isForeign) return next();
  return problemResponse(c, { code: "FORBIDDEN", detail: "Pages of other sites may not write here." });
};

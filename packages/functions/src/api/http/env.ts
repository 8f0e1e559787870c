import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiKey } from "@tidewatch/core/access/key";
import type { Context } from "hono";
import type { Ingested } from "../events/ingested.ts";
import type { Progress } from "../events/progress.ts";
import type { RouteAccess } from "./route-access.ts";

export type ApiEnv = {
  Variables: {
    requestId: string;
    /** The request's body, read once within the limits and inflated; see `readBody`. */
    body: Promise<Uint8Array<ArrayBuffer>> | undefined;
    /** Who may call the route of this request. */
    access: RouteAccess | "any-key";
    /** The API key that the request came with, checked; `undefined` without one. */
    key: ApiKey | undefined;
    /** Code of the problem that was answered, for the log line. */
    problemCode: string | undefined;
    /** What the request put on the stream, for the log line. */
    ingested: Ingested | undefined;
    /** How far its events came: of an earlier try under the same idempotency key at first, of this one when it fails. */
    progress: Progress | undefined;
    /** What made the request fail, for the log line. */
    failure: unknown;
  };
};
export type ApiContext = Context<ApiEnv>;
export type Api = OpenAPIHono<ApiEnv>;

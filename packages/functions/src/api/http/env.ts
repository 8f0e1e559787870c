import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";

export type ApiEnv = {
  Variables: {
    requestId: string;
    /** The request's body, read once within the limits and inflated; see `readBody`. */
    body: Promise<Uint8Array<ArrayBuffer>> | undefined;
    /** Code of the problem that was answered, for the log line. */
    problemCode: string | undefined;
    /** What made the request fail, for the log line. */
    failure: unknown;
  };
};
export type ApiContext = Context<ApiEnv>;
export type Api = OpenAPIHono<ApiEnv>;

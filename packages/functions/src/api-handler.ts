import { handle, type LambdaContext, type LambdaEvent } from "hono/aws-lambda";
import { createApi } from "./api/create-api.ts";
import type { ApiPorts } from "./api/ports.ts";

/** The API behind API Gateway, a function URL or a load balancer: the very app that serves a port elsewhere. */
export const apiHandler = (ports: ApiPorts) => {
  const serve = handle(createApi(ports));
  return (event: LambdaEvent, context?: LambdaContext) => serve(withPath(withoutBody(event)), context);
};

/** A web request of these methods cannot have a body. Clients send one all the same, and it means nothing (RFC 9110, 9.3.1). */
const BODILESS = new Set(["GET", "HEAD"]);

const withoutBody = (event: LambdaEvent): LambdaEvent => (hasNoBody(event) ? { ...event, body: null } : event);

const hasNoBody = (event: LambdaEvent): boolean => {
  if ("httpMethod" in event) return BODILESS.has(event.httpMethod);
  const { requestContext } = event;
  return "http" in requestContext && BODILESS.has(requestContext.http.method);
};

/**
 * API Gateway decodes the path before it hands it on. In a path neither of these can stand for itself: encoded again, so
 * that `/v1/detectors/a%23b` does not mean the detector `a`.
 */
const ENDS_A_PATH = /[?#]/g;

const withPath = (event: LambdaEvent): LambdaEvent =>
  "rawPath" in event ? { ...event, rawPath: event.rawPath.replaceAll(ENDS_A_PATH, encodeURIComponent) } : event;

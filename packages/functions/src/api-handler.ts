import { handle, type LambdaContext, type LambdaEvent } from "hono/aws-lambda";
import { createApi } from "./api/create-api.ts";
import type { ApiPorts } from "./api/ports.ts";

/** The API behind API Gateway, a function URL or a load balancer: the very app that serves a port elsewhere. */
export const apiHandler = (ports: ApiPorts) => {
  const serve = handle(createApi(ports));
  return (event: LambdaEvent, context?: LambdaContext) =>
    serve(hasNoBody(event) ? { ...event, body: null } : event, context);
};

/** A web request of these methods cannot have a body. Clients send one all the same, and it means nothing (RFC 9110, 9.3.1). */
const BODILESS = new Set(["GET", "HEAD"]);

const hasNoBody = (event: LambdaEvent): boolean => {
  if ("httpMethod" in event) return BODILESS.has(event.httpMethod);
  const { requestContext } = event;
  return "http" in requestContext && BODILESS.has(requestContext.http.method);
};

import { AWS } from "../engine/aws-account.ts";
import type { Deployment } from "../engine/deployment.ts";
import { only } from "../stages.ts";

export type HttpRequest = { method: string; path: string; body?: unknown; token?: string };
export type HttpAnswer = {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded: boolean;
};

/** A request as API Gateway's HTTP API hands it to a function: payload format 2.0. */
export const apiGatewayEvent = ({ method, path, body, token }: HttpRequest) => {
  const { pathname, search } = new URL(path, "https://api.example");
  // The gateway decodes the path, once, and leaves the query as it came.
  const rawPath = decodeURIComponent(pathname);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString: search.slice(1),
    headers: {
      host: "api.example",
      "user-agent": "test",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    requestContext: {
      accountId: AWS.account,
      apiId: "api",
      domainName: "api.example",
      domainPrefix: "api",
      http: { method, path: rawPath, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" },
      requestId: "request-1",
      routeKey: "$default",
      stage: "$default",
      time: "20/Nov/2026:12:00:00 +0000",
      timeEpoch: 1_795_176_000_000,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
};

/** What a schedule of the plan hands to its target. */
export const scheduleEvent = (deployment: Deployment, name: string): unknown => {
  const { target } = only(deployment, "scheduler/schedule", new RegExp(`^${name}`)).inputs;
  return JSON.parse((target as { input: string }).input);
};

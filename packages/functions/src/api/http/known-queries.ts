import type { MiddlewareHandler } from "hono";
import { ZodObject } from "zod";
import type { Api, ApiEnv } from "./env.ts";
import { httpError } from "./problem.ts";
import { pathOf, routeOf } from "./route-access.ts";

/**
 * A misspelt name must not pass for none: GET takes the query's names that its route declares and no others, and so does
 * any other method whose route declares some. What the OpenAPI document does not describe (the page's files) takes any.
 */
export const knownQueries = (app: Api): MiddlewareHandler<ApiEnv> => {
  let declared: ReadonlyMap<string, readonly string[]> | undefined;
  return async (c, next) => {
    declared ??= declaredQueries(app); // at the first request, when all routes are there
    const known = declared.get(routeOf(c) ?? "");
    const unknown = known ? Object.keys(c.req.queries()).filter((name) => !known.includes(name)) : [];
    if (!known || unknown.length === 0) return next();
    const message =
      known.length > 0 ? `is unknown here; there are ${known.join(", ")}` : "is unknown; none is taken here";
    throw httpError("VALIDATION", "The request has a query that this route does not know.", {
      errors: unknown.map((name) => ({ path: `query.${name}`, message })),
    });
  };
};

const declaredQueries = (app: Api): ReadonlyMap<string, readonly string[]> =>
  new Map(
    app.openAPIRegistry.definitions.flatMap((definition) => {
      if (definition.type !== "route") return [];
      const { path, method, request } = definition.route;
      const names = request?.query instanceof ZodObject ? Object.keys(request.query.shape) : [];
      if (method !== "get" && names.length === 0) return [];
      return [[`${method.toUpperCase()} ${pathOf(path)}`, names] as const];
    }),
  );

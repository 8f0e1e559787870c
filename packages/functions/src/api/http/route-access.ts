import { grants, SCOPES, type Scope } from "@tidewatch/core/access/scopes";
import { matchedRoutes } from "hono/route";
import type { Api, ApiContext } from "./env.ts";

/** Who may call a route: a key with the scope, or anybody. */
export type RouteAccess = Scope | "public";

/** For `createRoute`: every route says who may call it; the OpenAPI document shows it as `x-scope`. */
export const needs = <A extends RouteAccess>(access: A) => ({ "x-scope": access }) as const;

/** What the OpenAPI document does not describe, because it is the document itself or its page. */
export const PUBLIC_ROUTES: readonly string[] = [
  "GET /docs",
  "GET /docs/scalar.js",
  "GET /openapi.json",
  "GET /favicon.ico",
];

/** Answers below these belong to the API; whatever else is served (the page's files) is public. */
const API_PREFIXES = ["/v1/", "/api/"];

/** The route that the router chose, as `METHOD /path/:parameter`; `undefined` when only middleware matched. */
export const routeOf = (c: ApiContext): string | undefined => {
  const route = matchedRoutes(c).find(({ method }) => method !== "ALL");
  return route && `${route.method} ${route.path}`;
};

/** Routes of somebody else's protocol, which the OpenAPI document does not describe. */
const foreign = new WeakMap<Api, Map<string, RouteAccess>>();

/** Says who may call a route that the OpenAPI document does not describe. */
export const declareForeign = (app: Api, route: string, access: RouteAccess): void => {
  foreign.set(app, new Map([...foreignAccess(app), [route, access]]));
};

/** What was declared so, by `routeOf`. */
export const foreignAccess = (app: Api): ReadonlyMap<string, RouteAccess> => foreign.get(app) ?? new Map();

/** What the routes declare, by `routeOf`. */
export const declaredAccess = (app: Api): ReadonlyMap<string, RouteAccess> => {
  const declared = new Map<string, RouteAccess>(PUBLIC_ROUTES.map((route) => [route, "public"]));
  for (const [route, access] of foreignAccess(app)) declared.set(route, access);
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== "route") continue;
    const { method, path, "x-scope": access } = definition.route;
    if (isAccess(access)) {
      declared.set(`${method.toUpperCase()} ${pathOf(path)}`, access);
    }
  }
  return declared;
};

/** A path of the OpenAPI document as the router writes it. */
export const pathOf = (path: string): string => path.replaceAll(/\{([^}]+)\}/g, ":$1");

const isAccess = (value: unknown): value is RouteAccess =>
  value === "public" || SCOPES.some((scope) => scope === value);

/**
 * Decides by the route itself, never by the text of the path, so that no spelling of a path gets around it. A route that
 * declares nothing is for administrators: what somebody forgets is closed. What no route takes needs any key, or none
 * outside of the API; it ends in 404 or with one of the page's files.
 */
export const accessOf = (declared: ReadonlyMap<string, RouteAccess>, c: ApiContext): RouteAccess | "any-key" => {
  const route = routeOf(c);
  if (route !== undefined) return declared.get(route) ?? "admin";
  return API_PREFIXES.some((prefix) => c.req.path.startsWith(prefix)) ? "any-key" : "public";
};

export const isGranted = (scopes: readonly Scope[], access: RouteAccess | "any-key"): boolean =>
  access === "public" || access === "any-key" || grants(scopes, access);

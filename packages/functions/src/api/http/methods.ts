import type { Api, ApiContext } from "./env.ts";
import { problemResponse } from "./problem.ts";

type KnownPath = { pattern: RegExp; methods: string[] };

/** Answers what no route took: OPTIONS and wrong methods by the paths that the OpenAPI document knows, else 404. */
export const notFound = (app: Api) => {
  const paths = knownPaths(app);
  return (c: ApiContext): Response => {
    const known = paths.find(({ pattern }) => pattern.test(c.req.path));
    if (!known) return problemResponse(c, { code: "NOT_FOUND", detail: `There is nothing at ${c.req.path}.` });
    const allow = known.methods.join(", ");
    c.header("allow", allow);
    if (c.req.method === "OPTIONS") return c.body(null, 204);
    return problemResponse(c, { code: "METHOD_NOT_ALLOWED", detail: `${c.req.path} takes ${allow}.` });
  };
};

const knownPaths = (app: Api): KnownPath[] => {
  const methods = new Map<string, string[]>();
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== "route") continue;
    const { path, method } = definition.route;
    methods.set(path, [...(methods.get(path) ?? []), method.toUpperCase()]);
  }
  return [...methods].map(([path, all]) => ({
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{[^}]+\}/g, "[^/]+")}$`),
    methods: [...all, ...(all.includes("GET") ? ["HEAD"] : []), "OPTIONS"],
  }));
};

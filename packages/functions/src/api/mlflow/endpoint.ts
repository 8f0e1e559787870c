import type { z } from "zod";
import { mediaTypeOf, readBody, wrongMediaType } from "../http/body.ts";
import type { Api, ApiContext } from "../http/env.ts";
import { httpError } from "../http/problem.ts";
import { declareForeign, type RouteAccess } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";

export type MlflowPorts = Pick<ApiPorts, "table" | "blobs" | "clock">;
export type Call = MlflowPorts & { c: ApiContext };

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
/** `POST runs/create`: the path below `/api/2.0/mlflow/`. */
export type Endpoint = {
  method: Method;
  path: string;
  access: RouteAccess;
  answer(call: Call): Promise<Response>;
};

/**
 * One endpoint of MLflow's REST protocol. What is sent is in the query of a GET and in the JSON body of all else; names that are
 * not known are ignored, as MLflow does. The answer's members that are `undefined` or empty lists are left out, as protobuf does.
 */
export const endpoint = <S extends z.ZodType>(
  route: `${Method} ${string}`,
  access: RouteAccess,
  schema: S,
  handle: (input: z.output<S>, call: Call) => Promise<object | undefined>,
): Endpoint => {
  const [method, path] = route.split(" ") as [Method, string];
  return {
    ...{ method, path, access },
    async answer(call) {
      const { c } = call;
      const sent = method === "GET" ? queryOf(c) : await bodyOf(c);
      const input = schema.parse({ ...sent, ...c.req.param() });
      return c.json(withoutEmpty((await handle(input, call)) ?? {}));
    },
  };
};

const queryOf = (c: ApiContext): Record<string, unknown> =>
  Object.fromEntries(Object.entries(c.req.queries()).map(([name, all]) => [name, all.length > 1 ? all : all[0]]));

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Clients send some requests without a body. To insist on JSON keeps other sites' forms out. */
const bodyOf = async (c: ApiContext): Promise<object> => {
  const bytes = await readBody(c);
  if (bytes.length === 0) return {};
  if (mediaTypeOf(c) !== "application/json") throw wrongMediaType(c, "application/json");
  const value = parse(bytes);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw httpError("MALFORMED", "The body is no JSON object.");
};

const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    throw httpError("MALFORMED", "The body is not JSON.");
  }
};

const withoutEmpty = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, withoutEmpty(member)] as const);
  return Object.fromEntries(members.filter(([, member]) => !isEmpty(member)));
};

const isEmpty = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.length === 0);

export const serve = (app: Api, ports: MlflowPorts, prefix: string, endpoints: readonly Endpoint[]): void => {
  const { table, blobs, clock } = ports;
  for (const { method, path, access, answer } of endpoints) {
    app.on(method, `${prefix}${path}`, (c) => answer({ table, blobs, clock, c }));
    declareForeign(app, `${method} ${prefix}${path}`, access);
  }
};

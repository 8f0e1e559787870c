import { type Call, type Loopback, type Reply, serve } from "./loopback.ts";

/** Passes the call on, with another body if one is given. */
export type Forward = (body?: object) => Promise<Reply>;
/** What becomes of a call; by default it is passed on. */
export type Intercept = (call: Call, forward: Forward) => Promise<Reply | "hang-up">;

/** Names that belong to one connection, or that change with the body. */
const OWN_HEADERS = ["host", "connection", "content-length", "transfer-encoding", "expect"];

/**
 * An HTTP proxy in front of an emulator, which a test tells to refuse, delay, change or lose calls: what a real service does
 * only when it is in trouble. `intercept` may be exchanged at any time; `calls` are those since it was last emptied.
 */
export const startProxy = async (upstream: string) => {
  const calls: Call[] = [];
  const proxy = { calls, intercept: passOn as Intercept };
  const forwardTo =
    (call: Call, path: string): Forward =>
    async (body) => {
      const kept = Object.entries(call.headers).filter(([name]) => !OWN_HEADERS.includes(name));
      const hasBody = call.method !== "GET" && call.method !== "HEAD";
      const response = await fetch(upstream + path, {
        method: call.method,
        headers: kept,
        ...(hasBody && { body: body === undefined ? new Uint8Array(call.body) : JSON.stringify(body) }),
      });
      const headers = [...response.headers].filter(([name]) => ![...OWN_HEADERS, "content-encoding"].includes(name));
      const bytes = Buffer.from(await response.arrayBuffer());
      return { status: response.status, headers: Object.fromEntries(headers), body: bytes };
    };
  const loopback: Loopback = await serve(async (call) => {
    calls.push(call);
    const query = call.query.size > 0 ? `?${call.query}` : "";
    return await proxy.intercept(call, forwardTo(call, encodeURI(call.path) + query));
  });
  return Object.assign(proxy, loopback);
};
export type FaultProxy = Awaited<ReturnType<typeof startProxy>>;

export const passOn: Intercept = (_call, forward) => forward();

export const bodyOf = <T = Record<string, unknown>>({ body }: { body?: Buffer | string }): T =>
  JSON.parse(String(body)) as T;

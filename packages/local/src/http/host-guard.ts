import { isIP } from "node:net";

type Fetch = (request: Request, env?: unknown) => Response | Promise<Response>;

/**
 * Answers only requests that name this server by an address, as `localhost`, or as it was told to listen. A web page of
 * somebody else could otherwise point a name of its own here (DNS rebinding) and read a server that asks for no key.
 */
export const guardHost = (fetch: Fetch, listensOn: string): Fetch => {
  const isOurs = (hostname: string): boolean =>
    hostname === "localhost" || hostname === listensOn || isIP(hostname.replace(/^\[|\]$/g, "")) > 0;
  return (request, env) => (isOurs(new URL(request.url).hostname) ? fetch(request, env) : misdirected());
};

const misdirected = (): Response =>
  Response.json(
    {
      type: "about:blank",
      title: "Misdirected Request",
      status: 421,
      code: "VALIDATION",
      detail: "This server answers to its address and to localhost only; start it with --host for another name.",
    },
    { status: 421, headers: { "content-type": "application/problem+json" } },
  );

import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { AppError } from "@tidewatch/core/errors";
import type { Hono } from "hono";

export type Listening = { url: string; close(): Promise<void> };

/** How long open requests may take to end when the server stops. */
const CLOSE_GRACE_MS = 2000;

/** Serves the app on the port. @throws AppError UNAVAILABLE when the port is taken or not allowed, with the next step. */
export const listen = async (app: Pick<Hono, "fetch">, port: number, host: string): Promise<Listening> => {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(explainListenError(error, port, host)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const actualPort = typeof address === "object" && address ? address.port : port;
  return {
    url: addressOf(host, actualPort),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS).unref();
      }),
  };
};

/** An IPv6 address stands in brackets within a URL. */
export const addressOf = (host: string, port: number): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Says what stands in the way of a port and what to do. */
export const explainListenError = (error: NodeJS.ErrnoException, port: number, host: string): AppError => {
  const reasons: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is in use. Stop the program that has it, or choose another port.`,
    EACCES: `Port ${port} on ${host} is not allowed for this user. Choose a port above 1023.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Choose 127.0.0.1, or an address of this machine.`,
  };
  const message = reasons[error.code ?? ""] ?? `Cannot listen on ${host}:${port}: ${error.message}`;
  return new AppError("UNAVAILABLE", message, { cause: error });
};

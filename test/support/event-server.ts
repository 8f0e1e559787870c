import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export type Received = { method: string; url: string; headers: Record<string, unknown>; body: string; bytes: Buffer };
export type Answer = { status: number; body: unknown; type?: string; headers?: Record<string, string> };

/** A server that answers as a test says: for what a real one does only when it is in trouble. */
export const answeringServer = async (answer: (request: Received, nth: number) => Answer) => {
  const requests: Received[] = [];
  const server = createServer(async (request, response) => {
    const bytes = await buffer(request);
    const body = bytes.toString();
    const received = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body, bytes };
    requests.push(received);
    const { status, body: json, type = "application/json", headers } = answer(received, requests.length);
    response
      .writeHead(status, { "content-type": type, ...headers })
      .end(typeof json === "string" ? json : JSON.stringify(json));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => new Promise((done) => server.close(done).closeAllConnections()),
  };
};

/** Takes every line, as `POST /v1/events` does when all is well. */
export const accepting = ({ body }: Received): Answer => ({
  status: 202,
  body: { accepted: body.trimEnd().split("\n").length, rejected: [] },
});

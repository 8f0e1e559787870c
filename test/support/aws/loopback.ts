import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export type Loopback = { url: string; close(): Promise<void> };

/** One call of an AWS API, whichever protocol it has. */
export type Call = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  /** Of the JSON protocols: `PutRecords`. Empty for S3. */
  operation: string;
  body: Buffer;
};
export type Reply = { status: number; headers?: Record<string, string>; body?: Buffer | string };
/** `hang-up`: the connection is cut without an answer. */
export type Answer = (call: Call) => Promise<Reply | "hang-up">;

/** A real HTTP server on a free port of this machine. */
export const serve = async (answer: Answer): Promise<Loopback> => {
  const listener: RequestListener = async (request, response) => {
    const url = new URL(request.url ?? "/", "http://loopback");
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const call: Call = {
      method: request.method ?? "",
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      headers,
      operation: headers["x-amz-target"]?.split(".").at(-1) ?? "",
      body: await buffer(request),
    };
    const reply = await answer(call).catch((error): Reply => ({ status: 500, body: String(error) }));
    if (reply === "hang-up") request.socket.destroy();
    else response.writeHead(reply.status, reply.headers).end(reply.body);
  };
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
};

export const jsonReply = (body: object, status = 200): Reply => ({
  status,
  headers: { "content-type": "application/x-amz-json-1.1" },
  body: JSON.stringify(body),
});

/** A failure as the JSON protocols say it. */
export const jsonFailure = (type: string, status = 400): Reply => jsonReply({ __type: type, message: type }, status);

/** A failure as S3 says it. */
export const xmlFailure = (code: string, status: number): Reply => ({
  status,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
});

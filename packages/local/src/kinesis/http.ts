import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { admission, type HeldBody, readBody } from "./body.ts";
import { type Codec, codecFor } from "./codec.ts";
import type { Operations } from "./operations.ts";
import { isWireError, type OnFault, type WireError, wireError } from "./wire-error.ts";

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

export type HttpLimits = { bodyBytes: number; heldBytes: number; deadlineMs: number };
export const HTTP_LIMITS: HttpLimits = {
  /** 5 MiB of data in base64 are 7 MB, keys and names come on top: leaves room to answer oversized calls by name. */
  bodyBytes: 12 * 1024 * 1024,
  /** Bodies in memory together: a dozen full PutRecords calls wait for the disk before clients are throttled. */
  heldBytes: 96 * 1024 * 1024,
  /** From the headers to the last byte of the answer; a client that is slower is cut off. */
  deadlineMs: 60_000,
};

export const kinesisHandler = (operations: Operations, onFault: OnFault, limits = HTTP_LIMITS) => {
  const memory = admission(limits.heldBytes);
  const receive = (request: Request) =>
    readBody(request, Number(request.headers["content-length"] ?? 0), limits.bodyBytes, memory);

  return (request: Request, response: Response): void => {
    const deadline = setTimeout(() => cutOff(request), limits.deadlineMs);
    response.on("close", () => clearTimeout(deadline));
    response.on("error", () => cutOff(request));
    void answer(request, response, receive(request), operations, onFault);
  };
};

/** Never rejects: every failure becomes an answer, or nothing when the client has gone. */
const answer = async (
  request: Request,
  response: Response,
  receiving: Promise<HeldBody>,
  operations: Operations,
  onFault: OnFault,
): Promise<void> => {
  const requestId = randomUUID();
  const codec = codecFor(request.headers["content-type"]);
  try {
    const body = await receiving;
    try {
      refuseStrangers(request);
      if (!codec) throw noSuchEncoding();
      const target = request.headers["x-amz-target"];
      const output = await operations(typeof target === "string" ? target : undefined, () => codec.decode(body.bytes));
      send(response, { status: 200, requestId, codec, body: codec.encode(output) });
    } finally {
      body.release();
    }
  } catch (error) {
    if (!isWireError(error)) onFault(error);
    const known = isWireError(error) ? error : wireError("InternalFailure", "Internal service failure.");
    sendError(response, requestId, codec ?? codecFor("application/x-amz-json-1.1")!, known);
  }
};

/** Browsers send `Origin` with every POST, and no web page has business on this port of somebody's machine. */
const refuseStrangers = (request: Request): void => {
  if (request.headers.origin !== undefined) throw wireError("AccessDeniedException", "Browsers are not served here.");
  if (request.method !== "POST") throw wireError("AccessDeniedException", "Kinesis requests are POST requests.");
};

const noSuchEncoding = () =>
  wireError("UnknownOperationException", "Send application/x-amz-json-1.1 or application/x-amz-cbor-1.1.");

const sendError = (response: Response, requestId: string, codec: Codec, error: WireError): void => {
  const body = codec.encode({ __type: error.wireName, message: error.message });
  send(response, { status: error.status, requestId, codec, body, errorType: error.wireName });
};

type Answer = { status: number; requestId: string; codec: Codec; body: Uint8Array; errorType?: string };

const send = (response: Response, { status, requestId, codec, body, errorType }: Answer): void => {
  if (response.destroyed || response.writableEnded) return;
  response.statusCode = status;
  response.setHeader("content-type", codec.contentType);
  response.setHeader("content-length", body.length);
  response.setHeader("x-amzn-RequestId", requestId);
  if (errorType) response.setHeader("x-amzn-ErrorType", errorType);
  response.end(body);
};

const cutOff = (request: Request): void => {
  if ("stream" in request) request.stream.close();
  else request.socket.destroy();
};

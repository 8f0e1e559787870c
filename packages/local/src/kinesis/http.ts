import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { type Admission, readBody } from "./body.ts";
import { type Codec, codecFor } from "./codec.ts";
import type { Operations } from "./operations.ts";
import { isWireError, type WireError, wireError } from "./wire-error.ts";

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;
/** A fault of ours, to be logged by whoever runs the endpoint. */
export type OnFault = (error: unknown, requestId: string) => void;

/** 5 MiB of data in base64 are 7 MB, keys and names come on top: leaves room to answer oversized calls by name. */
const MAX_BODY_BYTES = 12 * 1024 * 1024;
/** From the first header byte to the last byte of the answer; a client that is slower is cut off. */
const DEADLINE_MS = 60_000;

export const kinesisHandler =
  (operations: Operations, memory: Admission, onFault: OnFault) =>
  (request: Request, response: Response): void => {
    const deadline = setTimeout(() => cutOff(request), DEADLINE_MS);
    response.on("close", () => clearTimeout(deadline));
    response.on("error", () => cutOff(request));
    void answer(request, response, operations, memory, onFault);
  };

/** Never rejects: every failure becomes an answer, or nothing when the client has gone. */
const answer = async (
  request: Request,
  response: Response,
  operations: Operations,
  memory: Admission,
  onFault: OnFault,
) => {
  const requestId = randomUUID();
  const codec = codecFor(request.headers["content-type"]);
  try {
    const body = await readBody(request, Number(request.headers["content-length"] ?? 0), MAX_BODY_BYTES, memory);
    try {
      refuseStrangers(request);
      if (!codec) throw noSuchEncoding();
      const target = request.headers["x-amz-target"];
      const output = await operations(typeof target === "string" ? target : undefined, () => codec.decode(body.bytes));
      send(response, 200, requestId, codec, codec.encode(output));
    } finally {
      body.release();
    }
  } catch (error) {
    if (!isWireError(error)) onFault(error, requestId);
    const known = isWireError(error) ? error : wireError("InternalFailure", "Internal service failure.");
    sendError(response, requestId, codec, known);
  }
};

/** Browsers send `Origin` with every POST, and no web page has business on this port of somebody's machine. */
const refuseStrangers = (request: Request): void => {
  if (request.headers.origin !== undefined) throw wireError("AccessDeniedException", "Browsers are not served here.");
  if (request.method !== "POST") throw wireError("AccessDeniedException", "Kinesis requests are POST requests.");
};

const noSuchEncoding = () =>
  wireError("UnknownOperationException", "Send application/x-amz-json-1.1 or application/x-amz-cbor-1.1.");

const sendError = (response: Response, requestId: string, codec: Codec | undefined, error: WireError): void => {
  const written = codec ?? codecFor("application/x-amz-json-1.1")!;
  response.setHeader("x-amzn-ErrorType", error.wireName);
  send(response, error.status, requestId, written, written.encode({ __type: error.wireName, message: error.message }));
};

const send = (response: Response, status: number, requestId: string, codec: Codec, body: Uint8Array): void => {
  if (response.destroyed || response.writableEnded) return;
  response.statusCode = status;
  response.setHeader("content-type", codec.contentType);
  response.setHeader("content-length", body.length);
  response.setHeader("x-amzn-RequestId", requestId);
  response.end(body);
};

const cutOff = (request: Request): void => {
  if ("stream" in request) request.stream.close();
  else request.socket.destroy();
};

import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { MiddlewareHandler } from "hono";
import type { ApiContext, ApiEnv } from "./env.ts";
import { httpError } from "./problem.ts";

/** Most bytes of a request body, as sent and again when inflated. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;
const inflate = promisify(gunzip);
/** An encoding is a client's choice of compression, not part of the content: only this one is taken. */
const GZIP = /^(?:x-)?gzip$/i;

/** The body's bytes, inflated; read once per request, however often it is asked for. Never buffers beyond the limits. */
export const readBody = (c: ApiContext): Promise<Uint8Array<ArrayBuffer>> => {
  const known = c.get("body");
  if (known) return known;
  const body = readRequest(c.req.raw);
  c.set("body", body);
  return body;
};

const readRequest = async (request: Request): Promise<Uint8Array<ArrayBuffer>> => {
  const encoding = request.headers.get("content-encoding") ?? "identity";
  const gzipped = GZIP.test(encoding);
  if (!gzipped && encoding !== "identity") {
    throw httpError("UNSUPPORTED_MEDIA_TYPE", `Content-Encoding "${encoding}" is not known; use gzip or none.`);
  }
  const declared = request.headers.get("content-length");
  if (declared !== null && Number(declared) > MAX_BODY_BYTES) throw tooLarge("The body");
  // With a declared length the server never reads more than that; without one the bytes are counted as they come.
  const sent = declared === null ? await readCounted(request) : new Uint8Array(await request.arrayBuffer());
  if (sent.length > MAX_BODY_BYTES) throw tooLarge("The body");
  if (gzipped) return inflateBounded(sent);
  // No route takes gzip as content; as text it would be lines and lines of no UTF-8.
  if (isGzip(sent)) throw httpError("MALFORMED", "The body is gzip: set Content-Encoding: gzip.");
  return sent;
};

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

const readCounted = async (request: Request): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw tooLarge("The body");
    chunks.push(chunk);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
};

/** zlib inflates in its own thread, piece by piece, and stops at the limit: a bomb costs 10 MB and no more. */
const inflateBounded = async (bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> => {
  try {
    return new Uint8Array(await inflate(bytes, { maxOutputLength: MAX_BODY_BYTES }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge("The inflated body");
    throw httpError("MALFORMED", "The body is not the gzip that its Content-Encoding promises.");
  }
};

const tooLarge = (what: string) =>
  httpError("TOO_LARGE", `${what} is larger than ${MAX_BODY_BYTES} bytes; send it in parts.`);

export const mediaTypeOf = (c: ApiContext): string =>
  (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase();

/** Says what to do, because `curl -d` sends a form's content type unless told otherwise. */
export const wrongMediaType = (c: ApiContext, ...allowed: string[]) => {
  const sent = mediaTypeOf(c);
  const what = sent === "" ? "Content-Type is missing" : `Content-Type "${sent}" is not taken here`;
  return httpError("UNSUPPORTED_MEDIA_TYPE", `${what}; send ${allowed.join(" or ")}.`);
};

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * For routes with a JSON body: reads it within the limits, inflated, before the route's own validation asks for it.
 * To insist on the content type also keeps other sites' forms out, which can send text but no JSON unasked.
 */
export const jsonBody: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (mediaTypeOf(c) !== "application/json") throw wrongMediaType(c, "application/json");
  const bytes = await readBody(c);
  try {
    // Hono keeps promises here, whatever the type says.
    c.req.bodyCache.text = Promise.resolve(decoder.decode(bytes)) as unknown as string;
  } catch {
    throw httpError("MALFORMED", "The body is not UTF-8.");
  }
  await next();
};

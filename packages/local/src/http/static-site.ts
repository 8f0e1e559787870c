import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { PAGE_POLICY } from "@tidewatch/functions/page-policy";
import type { MiddlewareHandler } from "hono";

type SiteFile = {
  bytes: Uint8Array<ArrayBuffer>;
  gzipped: Uint8Array<ArrayBuffer> | undefined;
  etag: string;
  headers: Record<string, string>;
};

const CONTENT_TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
};
const COMPRESSIBLE = new Set([".css", ".html", ".js", ".json", ".map", ".svg", ".txt"]);
/** Below this, gzip saves less than its headers cost. Bytes. */
const GZIP_MIN_BYTES = 1024;

/** Vite's hashed names live here: their content never changes. */
const HASHED_FOLDER = "/assets/";
const FOREVER = "public, max-age=31536000, immutable";
const REVALIDATE = "no-cache";

const PAGE_HEADERS = {
  "content-security-policy": PAGE_POLICY,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * Serves a built web page from memory; what it does not have goes on to the next handler. Files are read once, here, so
 * a request can name nothing outside of the folder, and a page that is rebuilt while it is served stays whole.
 * @param directory as Vite leaves it: `index.html`, hashed files under `assets/`. Absent: nothing is served.
 */
export const staticSite = (directory: string): MiddlewareHandler => {
  const files = readSite(directory);
  return async (context, next) => {
    const { method } = context.req;
    const path = context.req.path === "/" ? "/index.html" : context.req.path;
    const file = method === "GET" || method === "HEAD" ? files.get(path) : undefined;
    if (!file) return next();
    if (isKnown(context.req.header("if-none-match"), file.etag))
      return new Response(null, { status: 304, headers: file.headers });
    const accepts = context.req.header("accept-encoding") ?? "";
    const gzipped = /\bgzip\b/.test(accepts) ? file.gzipped : undefined;
    const body = gzipped ?? file.bytes;
    return new Response(method === "HEAD" ? null : body, {
      headers: {
        ...file.headers,
        "content-length": String(body.length),
        ...(gzipped && { "content-encoding": "gzip" }),
      },
    });
  };
};

/** Weak comparison (RFC 9110, section 13.1.2): the tags name content, whatever its encoding. */
const isKnown = (header: string | undefined, etag: string): boolean =>
  header !== undefined && (header.trim() === "*" || header.split(",").some((tag) => tag.trim() === etag));

const readSite = (directory: string): Map<string, SiteFile> => {
  if (!existsSync(directory)) return new Map();
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const absolute = join(entry.parentPath, entry.name);
      const path = `/${relative(directory, absolute).split(sep).join("/")}`;
      return [path, siteFile(path, readFileSync(absolute))];
    }),
  );
};

const siteFile = (path: string, bytes: Uint8Array<ArrayBuffer>): SiteFile => {
  const extension = extname(path);
  const isCompressed = COMPRESSIBLE.has(extension) && bytes.length >= GZIP_MIN_BYTES;
  const etag = `W/"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  return {
    bytes,
    gzipped: isCompressed ? gzipSync(bytes) : undefined,
    etag,
    headers: {
      ...PAGE_HEADERS,
      "content-type": CONTENT_TYPES[extension] ?? "application/octet-stream",
      "cache-control": path.startsWith(HASHED_FOLDER) ? FOREVER : REVALIDATE,
      etag,
      vary: "accept-encoding",
    },
  };
};

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import { Scalar } from "@scalar/hono-api-reference";
import type { Api, ApiEnv } from "../http/env.ts";

const SCRIPT_PATH = "/docs/scalar.js";
/** Found as a package's file, because the path from here to it is another one in a bundle. */
const SCRIPT_FILE = createRequire(import.meta.url).resolve("@tidewatch/functions/assets/scalar-api-reference.js.gz");
/** The script changes with a release only; its browser asks again after an hour. */
const SCRIPT_CACHE = "public, max-age=3600";

/** Everything comes from here: with this policy the page could not even call elsewhere. */
const pagePolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

/** The page for people, by Scalar; script, fonts and document are served from here, so that it works offline. */
export const docsRoutes = (app: Api): void => {
  app.get("/docs", async (c, next) => {
    const nonce = crypto.randomUUID();
    c.header("content-security-policy", pagePolicy(nonce));
    const page = Scalar<ApiEnv>({
      url: "/openapi.json",
      cdn: SCRIPT_PATH,
      nonce,
      pageTitle: "Tidewatch API",
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true, hideAddApi: true },
      mcp: { disabled: true },
      showDeveloperTools: "never",
      hideClientButton: true,
      defaultOpenAllTags: true,
      documentDownloadType: "json",
      defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
    });
    return page(c, next);
  });
  // Browsers ask for it unasked; nothing to show is no failure.
  app.get("/favicon.ico", (c) => c.body(null, 204, { "cache-control": SCRIPT_CACHE }));
  app.get(SCRIPT_PATH, async (c) => {
    const packed = await readFile(SCRIPT_FILE);
    const gzip = /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
    c.header("content-type", "text/javascript; charset=utf-8");
    c.header("cache-control", SCRIPT_CACHE);
    c.header("vary", "accept-encoding");
    if (gzip) c.header("content-encoding", "gzip");
    return c.body(new Uint8Array(gzip ? packed : gunzipSync(packed)));
  });
};

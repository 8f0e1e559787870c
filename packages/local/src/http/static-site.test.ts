import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { afterEach, beforeEach, expect, test } from "vitest";
import { staticSite } from "./static-site.ts";

const SCRIPT = `console.log("${"tide ".repeat(500)}")`;
let root: string;
let app: Hono;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "site-"));
  const dist = join(root, "dist");
  mkdirSync(join(dist, "assets"), { recursive: true });
  writeFileSync(join(root, "secret.txt"), "secret");
  writeFileSync(join(dist, "index.html"), "<!doctype html><title>Tidewatch</title>");
  writeFileSync(join(dist, "assets/index-abc123.js"), SCRIPT);
  app = new Hono();
  app.get("/v1/status", (context) => context.text("api"));
  app.use(staticSite(dist));
  app.notFound((context) => context.text("problem", 404));
});
afterEach(() => rmSync(root, { recursive: true }));

test("the root answers the page, which is asked for again each time", async () => {
  const response = await app.request("/");
  expect(await response.text()).toContain("<title>Tidewatch</title>");
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(response.headers.get("cache-control")).toBe("no-cache");
  expect(response.headers.get("content-security-policy")).toContain("default-src 'self'");
});

test("hashed files may be cached for good and come gzipped to those who can read that", async () => {
  const plain = await app.request("/assets/index-abc123.js");
  expect(plain.headers.get("cache-control")).toContain("immutable");
  expect(plain.headers.get("content-encoding")).toBeNull();
  expect(await plain.text()).toBe(SCRIPT);
  const gzipped = await app.request("/assets/index-abc123.js", { headers: { "accept-encoding": "br, gzip" } });
  expect(gzipped.headers.get("content-encoding")).toBe("gzip");
  expect(Number(gzipped.headers.get("content-length"))).toBeLessThan(SCRIPT.length / 10);
  const inflated = gzipped.body?.pipeThrough(new DecompressionStream("gzip"));
  expect(await new Response(inflated).text()).toBe(SCRIPT);
});

test("a browser that has the file already gets no body", async () => {
  const etag = (await app.request("/")).headers.get("etag") ?? "";
  const again = await app.request("/", { headers: { "if-none-match": `"other", ${etag}` } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  expect((await app.request("/", { headers: { "if-none-match": '"other"' } })).status).toBe(200);
});

test("HEAD answers the headers of GET without a body, other methods and unknown paths go on", async () => {
  const head = await app.request("/assets/index-abc123.js", { method: "HEAD" });
  expect([head.headers.get("content-length"), await head.text()]).toEqual([String(SCRIPT.length), ""]);
  expect((await app.request("/", { method: "POST" })).status).toBe(404);
  expect(await (await app.request("/v1/status")).text()).toBe("api");
  expect((await app.request("/nothing.js")).status).toBe(404);
});

test.each([
  "/../secret.txt",
  "/%2e%2e/secret.txt",
  "/assets/../../secret.txt",
  "/assets/..%2f..%2fsecret.txt",
  "/..\\secret.txt",
  "//secret.txt",
])("nothing outside of the folder is served: %s", async (path) => {
  const response = await app.request(new Request(`http://localhost${path}`));
  expect([response.status, await response.text()]).toEqual([404, "problem"]);
});

test("without a built page nothing is served", async () => {
  const bare = new Hono().use(staticSite(join(root, "absent")));
  expect((await bare.request("/")).status).toBe(404);
});

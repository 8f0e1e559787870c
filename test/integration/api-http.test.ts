import { AppError } from "@tidewatch/core/errors";
import { Health } from "@tidewatch/functions/api/routes/health";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bodyOf, hostDetector, json, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
beforeEach(() => {
  api = startApi();
});
afterEach(() => api.stop());

const request = async (path: string, init: RequestInit = {}) => api.app.request(path, init);

describe("every request", () => {
  test("gets an id, which the answer and the log line carry", async () => {
    const made = await request("/healthz");
    expect(made.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    const sent = await request("/healthz", { headers: { "x-request-id": "trace-42" } });
    expect(sent.headers.get("x-request-id")).toBe("trace-42");
    const line = { level: "info", method: "GET", route: "/healthz", status: 200, requestId: "trace-42", durationMs: 0 };
    expect(api.logs.at(-1)).toMatchObject(line);
    expect(await bodyOf(sent, Health)).toEqual({ status: "ok" });
  });

  test("cannot put its own lines into the log by its id", async () => {
    const id = `x${"y".repeat(200)}`;
    expect((await request("/healthz", { headers: { "x-request-id": id } })).headers.get("x-request-id")).not.toBe(id);
    expect((await request("/healthz", { headers: { "x-request-id": "a b" } })).headers.get("x-request-id")).not.toBe(
      "a b",
    );
  });

  test("is answered with headers that keep browsers careful, and without CORS", async () => {
    for (const path of ["/healthz", "/v1/nothing", "/openapi.json"]) {
      const { headers } = await request(path, { headers: { origin: "https://elsewhere.example" } });
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

describe("what no route takes", () => {
  test("an unknown path is a problem document", async () => {
    const response = await request("/v1/nothing");
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status: 404, code: "NOT_FOUND", type: "urn:tidewatch:problem:not-found" });
    expect(problem.requestId).toBe(response.headers.get("x-request-id"));
  });

  test("a wrong method says which ones there are", async () => {
    const response = await request("/v1/detectors/host", { method: "PATCH" });
    expect(await problemOf(response)).toMatchObject({ status: 405, code: "METHOD_NOT_ALLOWED" });
    expect(response.headers.get("allow")?.split(", ").sort()).toEqual(["DELETE", "GET", "HEAD", "OPTIONS", "PUT"]);
    expect((await request("/v1/events")).status).toBe(405);
  });

  test("HEAD is GET without a body, OPTIONS names the methods", async () => {
    const head = await request("/healthz", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const options = await request("/v1/points", { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
  });
});

describe("failures", () => {
  test("one without a name tells the caller nothing but the request id, and the log everything", async () => {
    api.ports.table.getMany = () => Promise.reject(new Error("secret path /var/x"));
    const problem = await problemOf(await request("/healthz"));
    expect(problem).toMatchObject({ status: 500, code: "INTERNAL" });
    expect(JSON.stringify(problem)).not.toContain("secret");
    const line = {
      level: "error",
      requestId: problem.requestId,
      failure: expect.objectContaining({ message: "secret path /var/x" }),
    };
    expect(api.logs.at(-1)).toMatchObject(line);
  });

  test("one with a name keeps it", async () => {
    api.ports.table.getMany = () => Promise.reject(new AppError("UNAVAILABLE", "the disk is full"));
    const problem = await problemOf(await request("/healthz"));
    expect(problem).toMatchObject({ status: 503, code: "UNAVAILABLE", detail: "the disk is full" });
  });
});

describe("a browser on another site", () => {
  const write = (site: string) =>
    request("/v1/detectors", { method: "POST", ...json(hostDetector, { "sec-fetch-site": site }) });

  test.each(["cross-site", "same-site"])("may not write (%s)", async (site) => {
    expect(await problemOf(await write(site))).toMatchObject({ status: 403, code: "FORBIDDEN" });
  });

  test.each(["same-origin", "none"])("the API's own pages may (%s)", async (site) => {
    expect((await write(site)).status).toBe(201);
  });
});

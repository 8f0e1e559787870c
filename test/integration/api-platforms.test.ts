import { request as httpRequest } from "node:http";
import { gunzipSync, gzipSync } from "node:zlib";
import { scoreBatch } from "@tidewatch/core/score/run";
import { detectorLister } from "@tidewatch/core/store/detectors";
import { apiHandler } from "@tidewatch/functions/api-handler";
import { listen } from "@tidewatch/local/http/listen";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hostDetector, json, metricEvent, NOW_MS, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
beforeEach(() => {
  api = startApi();
});
afterEach(() => api.stop());

const event = metricEvent("web-01", NOW_MS, { cpu: 1 });

describe("on Lambda", () => {
  /** An event of API Gateway's HTTP API, payload format 2.0: the path is decoded, the query is as it was sent. */
  const gatewayEvent = (method: string, target: string, headers: Record<string, string>, body?: Buffer) => {
    const { pathname, search } = new URL(target, "https://api.example");
    const path = decodeURIComponent(pathname);
    return {
      version: "2.0",
      routeKey: "$default",
      rawPath: path,
      rawQueryString: search.slice(1),
      headers: { host: "abc.execute-api.eu-west-1.amazonaws.com", ...headers },
      requestContext: { http: { method, path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" } },
      body: body?.toString("base64") ?? null,
      isBase64Encoded: body !== undefined,
    };
  };
  const invoke = (gateway: ReturnType<typeof gatewayEvent>) =>
    apiHandler(api.ports)(gateway as unknown as Parameters<ReturnType<typeof apiHandler>>[0]);

  test("the handler takes the gateway's events, gzip included", async () => {
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    const answer = await invoke(gatewayEvent("POST", "/v1/events", headers, gzipSync(JSON.stringify([event, event]))));
    expect(answer.statusCode).toBe(202);
    expect(JSON.parse(answer.body)).toEqual({ accepted: 2, rejected: [] });
    expect(api.records()).toHaveLength(2);
  });

  test("a body that comes with a GET means nothing", async () => {
    const answer = await invoke(gatewayEvent("GET", "/healthz", {}, Buffer.from("{}")));
    expect([answer.statusCode, answer.body]).toEqual([200, '{"status":"ok"}']);
  });

  test("an answer is compressed for who takes gzip, and is the same for who does not", async () => {
    const plain = await invoke(gatewayEvent("GET", "/openapi.json", {}));
    expect([plain.isBase64Encoded, plain.headers?.["content-encoding"]]).toEqual([false, undefined]);
    const packed = await invoke(gatewayEvent("GET", "/openapi.json", { "accept-encoding": "br, gzip" }));
    expect([packed.isBase64Encoded, packed.headers?.["content-encoding"]]).toEqual([true, "gzip"]);
    expect(packed.body.length).toBeLessThan(plain.body.length / 5);
    expect(gunzipSync(Buffer.from(packed.body, "base64")).toString()).toBe(plain.body);
  });

  test("a problem reaches the caller as one", async () => {
    const answer = await invoke(gatewayEvent("GET", "/v1/points?detector=a&entity=b%2Fc", {}));
    expect(answer.statusCode).toBe(404);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "NOT_FOUND", detail: 'There is no detector "a".' });
  });

  test.each(["ns/pod", "/dev/sda1", "a?b", "a#b", "100%25", "100%", "a&b=c+d", "..", "é \u{1f600}"])(
    "the points of an entity like %s are found",
    async (entity) => {
      await api.app.request("/v1/detectors", {
        method: "POST",
        ...json({ id: "host", features: [{ metric: "cpu" }] }),
      });
      await api.app.request("/v1/events", { method: "POST", ...json([metricEvent(entity, NOW_MS, { cpu: 7 })]) });
      const detectors = detectorLister(api.ports.table, api.ports.clock, 0);
      await scoreBatch({ table: api.ports.table, detectors, scorerOf: async () => undefined }, api.records());
      const query = new URLSearchParams({ detector: "host", entity });
      const answer = await invoke(gatewayEvent("GET", `/v1/points?${query}`, {}));
      expect(JSON.parse(answer.body)).toMatchObject({ entity, points: [{ timestamp: NOW_MS, values: [7] }] });
    },
  );

  test.each(["a%2Fb", "a%3Fb", "a%23b", "100%2525"])(
    "an id like %s is nobody's, whether or not the gateway decodes it",
    async (id) => {
      await api.app.request("/v1/detectors", { method: "POST", ...json({ id: "a", features: [{ metric: "cpu" }] }) });
      for (const path of [`/v1/detectors/${id}`, `/v1/keys/${id}`]) {
        for (const method of ["GET", "DELETE"]) {
          const { statusCode } = await invoke(gatewayEvent(method, path, {}));
          expect([404, 405], `${method} ${path}`).toContain(statusCode);
        }
      }
    },
  );
});

describe("on a port", () => {
  const serve = async <T>(use: (url: string) => Promise<T>): Promise<T> => {
    const server = await listen(api.app, 0, "127.0.0.1");
    try {
      return await use(server.url);
    } finally {
      await server.close();
    }
  };

  test("takes a body that is sent piece by piece without a length", async () => {
    await serve(async (url) => {
      const lines = [JSON.stringify(event), "\n", JSON.stringify(event).slice(0, 20), JSON.stringify(event).slice(20)];
      const body = ReadableStream.from(lines.map((line) => new TextEncoder().encode(line)));
      const headers = { "content-type": "application/x-ndjson" };
      const init: RequestInit & { duplex: "half" } = { method: "POST", body, headers, duplex: "half" };
      const response = await fetch(`${url}/v1/events`, init);
      expect(await response.json()).toEqual({ accepted: 2, rejected: [] });
    });
  });

  test("answers are compressed for who takes gzip, if they are large enough", async () => {
    const asked = async (path: string, encoding: string, method = "GET") => {
      const headers = { "accept-encoding": encoding };
      const answer = await serve((url) =>
        fetch(url + path, { method, headers }).then(async (a) => [a, await a.text()]),
      );
      const [{ headers: told }, text] = answer as [Response, string];
      return { encoding: told.get("content-encoding"), vary: told.get("vary"), text };
    };
    const plain = await asked("/openapi.json", "identity");
    expect(plain).toMatchObject({ encoding: null, vary: "accept-encoding" });
    expect(await asked("/openapi.json", "gzip")).toEqual({ ...plain, encoding: "gzip" });
    expect(await asked("/openapi.json", "br;q=1.0, gzip;q=0.8, *;q=0.1")).toMatchObject({ encoding: "gzip" });
    for (const refused of ["gzip;q=0", "gzip; q=0.00, br", "br"]) {
      expect(await asked("/openapi.json", refused), refused).toEqual(plain);
    }
    expect(await asked("/healthz", "gzip")).toMatchObject({ encoding: null, text: '{"status":"ok"}' });
    expect(await asked("/openapi.json", "gzip", "HEAD")).toMatchObject({ encoding: null, text: "" });
  });

  test("an answer with an ETag names its bytes and stays as it is", async () => {
    await api.app.request("/v1/detectors", {
      method: "POST",
      ...json({ ...hostDetector, description: "x".repeat(1000) }),
    });
    const init = { headers: { "accept-encoding": "gzip" } };
    const answer = await api.app.request("/v1/detectors/host", init);
    expect([answer.headers.get("content-encoding"), answer.headers.get("etag")]).toEqual([
      null,
      expect.stringMatching(/^"/),
    ]);
    expect((await api.app.request("/v1/detectors", init)).headers.get("content-encoding")).toBe("gzip");
  });

  test("stops reading an endless body at the limit", async () => {
    const status = await serve(
      (url) =>
        new Promise((resolve, reject) => {
          const headers = { "content-type": "application/x-ndjson", "transfer-encoding": "chunked" };
          const request = httpRequest(`${url}/v1/events`, { method: "POST", headers });
          const piece = Buffer.alloc(1024 * 1024, "\n");
          let answered = false;
          const send = (): void => {
            if (!answered) request.write(piece, () => setImmediate(send));
          };
          request.on("response", (response) => {
            answered = true;
            resolve(response.statusCode);
            request.destroy();
          });
          request.on("error", (error) => (answered ? undefined : reject(error)));
          send();
        }),
    );
    expect(status).toBe(413);
  });

  test("refuses what declares itself too large before reading it", async () => {
    await serve(async (url) => {
      const response = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
        const headers = { "content-type": "application/json", "content-length": String(1e9) };
        const request = httpRequest(`${url}/v1/events`, { method: "POST", headers }, async (answer) => {
          const parts: Buffer[] = await answer.toArray();
          resolve({ status: answer.statusCode, text: Buffer.concat(parts).toString() });
          request.destroy();
        });
        request.on("error", reject);
        request.flushHeaders();
      });
      const problem = await problemOf(new Response(response.text, { status: response.status ?? 0 }));
      expect(problem).toMatchObject({ status: 413, code: "TOO_LARGE" });
    });
  });
});

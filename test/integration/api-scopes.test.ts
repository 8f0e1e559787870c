import { NewKey } from "@tidewatch/core/access/key";
import { grants, SCOPES, type Scope } from "@tidewatch/core/access/scopes";
import { createKey } from "@tidewatch/core/access/store";
import { Detector } from "@tidewatch/core/detector";
import { putDetector } from "@tidewatch/core/store/detectors";
import { foreignAccess, PUBLIC_ROUTES } from "@tidewatch/functions/api/http/route-access";
import { recordingRoute } from "@tidewatch/local/recording/route";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problemOf, startApi, type TestApi } from "./api-harness.ts";

type Operation = { "x-scope"?: string; security: object[]; description: string; responses: Record<string, object> };
type Document = { paths: Record<string, Record<string, Operation>>; components: { securitySchemes: object } };

let api: TestApi;
let document: Document;
const tokens = new Map<Scope, string>();
beforeAll(async () => {
  api = startApi({ requireKeys: true });
  const run = { recording: { faults: [], busy: [] }, evaluation: async () => undefined };
  recordingRoute(api.app, run as unknown as Parameters<typeof recordingRoute>[1]);
  api.app.get("/v1/forgotten", (c) => c.text("nobody declared who may see this"));
  document = (await (await api.app.request("/openapi.json")).json()) as Document;
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  for (const scope of SCOPES) {
    const { token } = await createKey({ ...api.ports, random }, NewKey.parse({ name: scope, scopes: [scope] }));
    tokens.set(scope, token);
  }
});
afterAll(() => api.stop());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
const scoped = () => operations().filter(({ operation }) => operation["x-scope"] !== "public");

const ask = (method: string, path: string, token?: string) =>
  api.app.request(path.replaceAll(/\{\w+\}/g, "x"), {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });

test("the path of a webhook is for who may change it", async () => {
  const webhook = "https://hooks.example.com/services/secret";
  const detector = Detector.parse({ id: "told", features: [{ metric: "cpu" }], reports: { webhook } });
  await putDetector(api.ports.table, detector, undefined);
  const seen = async (scope: Scope, path: string): Promise<string> =>
    (await ask("GET", path, tokens.get(scope))).text();
  for (const path of ["/v1/detectors", "/v1/detectors/told"]) {
    expect(await seen("read", path)).not.toContain("secret");
    expect(await seen("read", path)).toContain("https://hooks.example.com");
    expect(await seen("operate", path)).toContain(webhook);
  }
});

describe("all routes × all scopes", () => {
  test("each route that is served says in the OpenAPI document which scope it needs, or is known to be public", () => {
    const declared = operations().map(({ path, method, operation }) => {
      expect(["public", ...SCOPES], `${method} ${path} declares a scope`).toContain(operation["x-scope"]);
      return `${method} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`;
    });
    const served = api.app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path}`);
    expect(declared.length).toBeGreaterThan(15);
    const known = [...declared, ...foreignAccess(api.app).keys(), ...PUBLIC_ROUTES, "GET /v1/forgotten"];
    expect([...new Set(served)].sort()).toEqual(known.sort());
  });

  test("which route needs what is a decision: this is the list of them", () => {
    const decided = operations().map(({ path, method, operation }) => `${operation["x-scope"]}: ${method} ${path}`);
    expect(decided.sort()).toEqual([
      "admin: DELETE /v1/keys/{id}",
      "admin: GET /v1/keys",
      "admin: POST /v1/keys",
      "ingest: POST /v1/events",
      "operate: DELETE /v1/detectors/{id}",
      "operate: DELETE /v1/labels",
      "operate: POST /v1/datasets",
      "operate: POST /v1/detectors",
      "operate: POST /v1/detectors/{id}/backtest",
      "operate: POST /v1/detectors/{id}/report",
      "operate: POST /v1/detectors/{id}/train",
      "operate: POST /v1/drift/{detector}/check",
      "operate: POST /v1/failed/redrive",
      "operate: POST /v1/labels",
      "operate: POST /v1/models/{name}/aliases",
      "operate: POST /v1/models/{name}/log-versions",
      "operate: POST /v1/models/{name}/promote",
      "operate: POST /v1/models/{name}/versions",
      "operate: POST /v1/workflows",
      "operate: POST /v1/workflows/{detector}/{run}/approve",
      "operate: POST /v1/workflows/{detector}/{run}/cancel",
      "operate: POST /v1/workflows/{detector}/{run}/reject",
      "operate: PUT /v1/detectors/{id}",
      "public: GET /healthz",
      "read: GET /v1/anomalies",
      "read: GET /v1/datasets",
      "read: GET /v1/datasets/{hash}",
      "read: GET /v1/detectors",
      "read: GET /v1/detectors/{id}",
      "read: GET /v1/drift",
      "read: GET /v1/drift/{detector}",
      "read: GET /v1/experiments",
      "read: GET /v1/jobs/{id}",
      "read: GET /v1/labels",
      "read: GET /v1/models",
      "read: GET /v1/models/{name}",
      "read: GET /v1/models/{name}/history",
      "read: GET /v1/models/{name}/versions/{version}",
      "read: GET /v1/points",
      "read: GET /v1/recording",
      "read: GET /v1/reports",
      "read: GET /v1/reports/{id}",
      "read: GET /v1/runs",
      "read: GET /v1/runs/{id}",
      "read: GET /v1/runs/{id}/metric",
      "read: GET /v1/series",
      "read: GET /v1/session",
      "read: GET /v1/sessions",
      "read: GET /v1/sessions/{key}",
      "read: GET /v1/status",
      "read: GET /v1/templates",
      "read: GET /v1/templates/{id}",
      "read: GET /v1/templates/{id}/lines",
      "read: GET /v1/workflows",
      "read: GET /v1/workflows/{detector}/{run}",
      "read: POST /v1/forecast",
      "read: POST /v1/predict",
    ]);
  });

  test.each(SCOPES)("a key with the scope %s is let in where its scope says, and nowhere else", async (scope) => {
    let refused = 0;
    for (const { path, method, operation } of scoped()) {
      const needed = operation["x-scope"] as Scope;
      const response = await ask(method, path, tokens.get(scope)!);
      const name = `${scope} at ${method} ${path}`;
      const { code = "", detail = "" } = response.status < 400 ? {} : await problemOf(response);
      expect(response.status, name).not.toBe(401);
      expect(code === "MISSING_SCOPE", name).toBe(!grants([scope], needed));
      if (code !== "MISSING_SCOPE") continue;
      refused += 1;
      expect(detail, name).toContain(`the scope "${needed}"`);
    }
    expect(refused > 0).toBe(scope !== "admin");
  });

  test("nobody is let in without a key, except where it is public", async () => {
    for (const { path, method, operation } of operations()) {
      const isPublic = operation["x-scope"] === "public";
      expect((await ask(method, path)).status === 401, `${method} ${path}`).toBe(!isPublic);
    }
    for (const route of PUBLIC_ROUTES) expect((await ask("GET", route.split(" ")[1]!)).ok, route).toBe(true);
  });

  test("a route that declares nothing is closed to all but administrators", async () => {
    const statuses = await Promise.all(
      SCOPES.map(async (scope) => (await ask("GET", "/v1/forgotten", tokens.get(scope))).status),
    );
    expect([(await ask("GET", "/v1/forgotten")).status, ...statuses]).toEqual([401, 403, 403, 403, 200]);
  });
});

describe("the OpenAPI document", () => {
  test("shows the bearer scheme, and for each operation the scope and what a key may be answered", () => {
    expect(document.components.securitySchemes).toMatchObject({ apiKey: { type: "http", scheme: "bearer" } });
    for (const { operation } of scoped()) {
      expect(operation.security).toEqual([{ apiKey: [] }]);
      expect(operation.description).toContain(`Needs a key with the scope \`${operation["x-scope"]}\``);
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(["401", "403", "429"]));
    }
    const create = document.paths["/v1/detectors"]!.post!;
    expect(JSON.stringify(create.responses["403"])).toMatch(/FORBIDDEN.*MISSING_SCOPE/);
    expect(document.paths["/healthz"]!.get).toMatchObject({ "x-scope": "public", security: [] });
  });

  test("says where keys are not required that none is needed either", async () => {
    const local = startApi();
    const { paths } = (await (await local.app.request("/openapi.json")).json()) as Document;
    expect(paths["/v1/status"]!.get!.security).toEqual([{}, { apiKey: [] }]);
    await local.stop();
  });
});

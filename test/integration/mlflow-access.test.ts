import { NewKey } from "@tidewatch/core/access/key";
import { grants, SCOPES, type Scope } from "@tidewatch/core/access/scopes";
import { createKey } from "@tidewatch/core/access/store";
import { foreignAccess } from "@tidewatch/functions/api/http/route-access";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApi, type TestApi } from "./api-harness.ts";
import { mlflowClient } from "./mlflow-client.ts";

let api: TestApi;
const tokens = new Map<Scope, string>();
beforeAll(async () => {
  api = startApi({ requireKeys: true });
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  for (const scope of SCOPES) {
    const { token } = await createKey({ ...api.ports, random }, NewKey.parse({ name: scope, scopes: [scope] }));
    tokens.set(scope, token);
  }
});
afterAll(() => api.stop());

/** POST requests that change nothing, since what they ask does not fit into a query. */
const READING_POSTS = /\/(?:search|get-latest-versions)$/;

describe("who may use MLflow's endpoints", () => {
  test("what reads needs the scope read, what writes the scope operate; only health and version are public", () => {
    const routes = [...foreignAccess(api.app)];
    expect(routes.length).toBeGreaterThan(65);
    for (const [route, access] of routes) {
      const reads = route.startsWith("GET ") || READING_POSTS.test(route);
      const isPublic = ["GET /health", "GET /version"].includes(route);
      expect(access, route).toBe(isPublic ? "public" : reads ? "read" : "operate");
    }
  });

  test.each(SCOPES)("a key with the scope %s is let in where its scope says, and nowhere else", async (scope) => {
    for (const [route, access] of foreignAccess(api.app)) {
      if (access === "public") continue;
      const [method, path] = route.split(" ") as [string, string];
      const ask = (headers: Record<string, string>) =>
        api.app.request(path.replaceAll(/:\w+|\*/g, "x"), { method, headers });
      const response = await ask({ authorization: `Bearer ${tokens.get(scope)}` });
      const { error_code } = response.status < 400 ? {} : ((await response.json()) as { error_code?: string });
      expect(error_code === "PERMISSION_DENIED", `${scope} at ${route}`).toBe(!grants([scope], access));
      expect((await ask({})).status, route).toBe(401);
    }
  });

  test("health and version answer text to anybody", async () => {
    for (const [path, text] of [
      ["/health", "OK"],
      ["/version", "3.0.0"],
    ] as const) {
      expect(await (await api.app.request(path)).text()).toBe(text);
    }
    const info = await api.app.request("/api/3.0/mlflow/server-info", {
      headers: { authorization: `Bearer ${tokens.get("read")}` },
    });
    expect(await info.json()).toMatchObject({ workspaces_enabled: false });
  });
});

describe("failures in MLflow's form", () => {
  const failing = async (method: string, path: string, message?: Record<string, unknown>) => {
    const { status, body } = await mlflowClient(api, tokens.get("operate")).call(method, path, message);
    expect(Object.keys(body).sort()).toEqual(["error_code", "message"]);
    return [status, body.error_code, body.message];
  };

  test("say which parameter is missing or wrong", async () => {
    const wrong = "INVALID_PARAMETER_VALUE";
    expect(await failing("POST", "mlflow/runs/log-metric", { run_id: "x", key: "m", value: 1 })).toEqual([
      ...[400, wrong, "Missing value for required parameter 'timestamp'."],
    ]);
    expect(await failing("GET", "mlflow/runs/get")).toEqual([
      400,
      wrong,
      "Missing value for required parameter 'run_id'.",
    ]);
    const metric = { run_id: "x", key: "m", value: "much", timestamp: 1 };
    expect(await failing("POST", "mlflow/runs/log-metric", metric)).toEqual([
      ...[400, wrong, "Invalid value for parameter 'value': must be a number"],
    ]);
    expect(await failing("POST", "mlflow/runs/log-metric", { ...metric, value: 1, step: "9007199254740993" })).toEqual([
      ...[400, wrong, "Invalid value for parameter 'step': must be a whole number below 2^53"],
    ]);
    expect(await failing("POST", "mlflow/runs/search", { max_results: 50_001 })).toEqual([
      ...[400, wrong, "Invalid value for parameter 'max_results': must be 50000 or less"],
    ]);
    expect((await failing("POST", "mlflow/runs/search", { filter: "a b" }))[2]).toMatch(/^Invalid filter: /);
    expect((await failing("POST", "mlflow/experiments/search", { page_token: "x" }))[2]).toMatch(/page token/i);
  });

  test("of batches that are too large, of params that change, of what is not there", async () => {
    const client = mlflowClient(api, tokens.get("operate"));
    const { run_id } = (await client.ok("POST", "mlflow/runs/create", { experiment_id: "0" })).run.info;
    const params = Array.from({ length: 101 }, (_, at) => ({ key: `p${at}`, value: "1" }));
    expect((await failing("POST", "mlflow/runs/log-batch", { run_id, params }))[2]).toMatch(
      /at most 100 params. Got 101/,
    );
    const metrics = Array.from({ length: 1000 }, (_, step) => ({ key: "m", value: step, timestamp: 1, step }));
    expect(await client.ok("POST", "mlflow/runs/log-batch", { run_id, metrics })).toEqual({});
    expect((await failing("POST", "mlflow/runs/log-batch", { run_id, metrics, tags: params.slice(1, 2) }))[2]).toMatch(
      /1000 metrics, params, and tags. Got 1001/,
    );
    const twice = [
      { key: "a", value: "1" },
      { key: "a", value: "2" },
    ];
    expect((await failing("POST", "mlflow/runs/log-batch", { run_id, params: twice }))[2]).toMatch(
      /Duplicate parameter/,
    );
    await client.ok("POST", "mlflow/runs/log-parameter", { run_id, key: "a", value: "1" });
    const changed = await failing("POST", "mlflow/runs/log-parameter", { run_id, key: "a", value: "2" });
    expect(changed).toEqual([
      400,
      "INVALID_PARAMETER_VALUE",
      expect.stringContaining("Changing param values is not allowed"),
    ]);
    expect(await failing("GET", "mlflow/runs/get", { run_id: "none" })).toEqual([
      ...[404, "RESOURCE_DOES_NOT_EXIST", "Run with id=none not found"],
    ]);
    expect((await failing("POST", "mlflow/experiments/delete", { experiment_id: "0" }))[1]).toBe(
      "INVALID_PARAMETER_VALUE",
    );
    expect((await failing("POST", "mlflow/experiments/create", { name: "x", artifact_location: "s3://b" }))[0]).toBe(
      400,
    );
    expect((await failing("GET", "mlflow/experiments/get", { experiment_id: "9" }))[1]).toBe("RESOURCE_DOES_NOT_EXIST");
    expect((await failing("POST", "mlflow/logged-models", { experiment_id: "9" }))[0]).toBe(404);
    for (const model_json of ["{", "[]"]) {
      expect((await failing("POST", "mlflow/runs/log-model", { run_id, model_json }))[2]).toMatch(
        /Malformed model info/,
      );
    }
  });

  test("of requests that are none", async () => {
    expect(await failing("GET", "mlflow/traces/x/info")).toEqual([404, "ENDPOINT_NOT_FOUND", expect.any(String)]);
    const send = async (body: string, type: string) => {
      const headers = { authorization: `Bearer ${tokens.get("operate")}`, "content-type": type };
      const response = await api.app.request("/api/2.0/mlflow/runs/search", { method: "POST", body, headers });
      return [response.status, ((await response.json()) as { error_code: string }).error_code];
    };
    expect(await send("{", "application/json")).toEqual([400, "BAD_REQUEST"]);
    expect(await send("[]", "application/json")).toEqual([400, "BAD_REQUEST"]);
    expect(await send("{}", "text/plain")).toEqual([415, "BAD_REQUEST"]);
    expect(await send("x".repeat(11 * 1024 * 1024), "application/json")).toEqual([413, "INVALID_PARAMETER_VALUE"]);
  });

  test("a failure of the store is INTERNAL_ERROR and says which request it was", async () => {
    const broken = startApi();
    await broken.stop();
    const { status, body } = await mlflowClient(broken).call("GET", "mlflow/runs/get", { run_id: "x" });
    expect(status).toBeGreaterThanOrEqual(500);
    expect(body.error_code).toMatch(/^(?:INTERNAL_ERROR|TEMPORARILY_UNAVAILABLE)$/);
  });
});

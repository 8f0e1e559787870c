import { inspect } from "node:util";
import { NewKey } from "@tidewatch/core/access/key";
import { SCOPES } from "@tidewatch/core/access/scopes";
import { createKey } from "@tidewatch/core/access/store";
import { apiKeyUseKey } from "@tidewatch/core/store/keys";
import type { Table } from "@tidewatch/core/store/ports";
import { createApi } from "@tidewatch/functions/api/create-api";
import { CreatedKey, type KeyDocument, KeyPage } from "@tidewatch/functions/api/schemas/keys";
import { Status } from "@tidewatch/functions/api/schemas/status";
import { apiHandler } from "@tidewatch/functions/api-handler";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bodyOf, hostDetector, json, NOW_MS, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
let admin: string;
beforeEach(async () => {
  api = startApi({ requireKeys: true });
  admin = await keyFor({ name: "root", scopes: ["admin"] });
});
afterEach(() => api.stop());

/** As the command line makes the first key: straight in the table. */
const keyFor = async (wanted: object): Promise<string> => {
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  return (await createKey({ ...api.ports, random }, NewKey.parse(wanted))).token;
};
const idOf = (token: string): string => token.split("_")[1]!;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const get = async (path: string, token?: string, app = api.app) =>
  app.request(path, { headers: token ? bearer(token) : {} });
const post = async (path: string, body: unknown, token: string, headers = {}) =>
  api.app.request(path, { method: "POST", ...json(body, { ...bearer(token), ...headers }) });
const create = async (wanted: object) => bodyOf(await post("/v1/keys", wanted, admin), CreatedKey);

describe("without a key", () => {
  test("a server that requires one asks for it", async () => {
    const response = await get("/v1/status");
    expect(response.headers.get("www-authenticate")).toBe('Bearer realm="tidewatch"');
    expect(await problemOf(response)).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
    expect(response.headers.get("ratelimit")).toBeNull();
  });

  test.each(["/healthz", "/docs", "/docs/scalar.js", "/openapi.json", "/favicon.ico"])("%s is public", async (path) => {
    expect((await get(path)).ok).toBe(true);
  });

  test.each(["/v1/nothing", "/v1/", "/api/2.0/nothing"])("not even what is missing is told at %s", async (path) => {
    expect((await get(path)).status).toBe(401);
    expect((await get(path, admin)).status).toBe(404);
  });

  test.each([
    "/v1/%73tatus",
    "/v1//status",
    "//v1/status",
    "/v1/./status",
    "/v1/status/",
    "/V1/status",
    "/v1/status%00",
  ])("no spelling of a path gets in: %s", async (path) => {
    expect([401, 404]).toContain((await get(path)).status);
  });

  test("HEAD is guarded as GET is", async () => {
    expect((await api.app.request("/v1/status", { method: "HEAD" })).status).toBe(401);
    expect((await api.app.request("/v1/status", { method: "HEAD", headers: bearer(admin) })).status).toBe(200);
  });

  test("other schemes of authentication are none", async () => {
    const response = await api.app.request("/v1/status", { headers: { authorization: `Basic ${btoa(admin)}` } });
    expect(response.status).toBe(401);
  });
});

describe("a key", () => {
  test("is made with all that is known of it but its secret, which is shown once", async () => {
    const response = await post("/v1/keys", { name: "ci", scopes: ["ingest"], ratePerMinute: 60 }, admin);
    expect([response.status, response.headers.get("cache-control")]).toEqual([201, "no-store"]);
    const { key, token } = await bodyOf(response, CreatedKey);
    const unused = { expiresAtMs: null, lastUsedAtMs: null, revokedAtMs: null };
    expect(key).toEqual({
      id: idOf(token),
      name: "ci",
      scopes: ["ingest"],
      ratePerMinute: 60,
      createdAtMs: NOW_MS,
      ...unused,
    });
    const listed = await (await get("/v1/keys", admin)).text();
    expect(listed).toContain(key.id);
    expect(listed).not.toContain(token.slice(-43));
    expect(listed).not.toMatch(/hash|salt/);
  });

  test("is refused when its secret is wrong, unknown or no key at all, each with a reason", async () => {
    const wrong = `${admin.slice(0, -1)}${admin.endsWith("a") ? "b" : "a"}`;
    for (const token of [wrong, `tw_000000000000_${"0".repeat(43)}`]) {
      const response = await get("/v1/status", token);
      expect(response.headers.get("www-authenticate")).toContain('error="invalid_token"');
      expect(await problemOf(response)).toMatchObject({
        code: "UNAUTHENTICATED",
        detail: expect.stringContaining("unknown"),
      });
    }
    expect((await problemOf(await get("/v1/status", "sesame"))).detail).toContain("tw_<id>_<secret>");
  });

  test("is told by the status what it may do", async () => {
    const scopesOf = async (...scopes: string[]) =>
      (await bodyOf(await get("/v1/status", await keyFor({ name: "who", scopes })), Status)).scopes;
    expect(await scopesOf("read")).toEqual(["read"]);
    expect(await scopesOf("operate", "ingest")).toEqual(["ingest", "read", "operate"]);
    expect(await scopesOf("admin")).toEqual(SCOPES);
  });

  test("may not do more than its scopes, and is told which one is missing", async () => {
    const token = await keyFor({ name: "viewer", scopes: ["read"] });
    const response = await post("/v1/detectors", hostDetector, token);
    expect(response.headers.get("www-authenticate")).toContain('error="insufficient_scope", scope="operate"');
    expect(await problemOf(response)).toMatchObject({
      ...{ status: 403, code: "MISSING_SCOPE" },
      detail: `This needs a key with the scope "operate"; key ${idOf(token)} ("viewer") has read.`,
    });
  });

  test("ends at its time, without a reading in between", async () => {
    const { token } = await create({ name: "short", scopes: ["read"], expiresAtMs: NOW_MS + 1000 });
    expect((await get("/v1/status", token)).status).toBe(200);
    api.clock.nowMs += 1000;
    expect((await problemOf(await get("/v1/status", token))).detail).toContain("is expired; make another");
  });

  test("cannot be made for the past", async () => {
    const response = await post("/v1/keys", { name: "late", scopes: ["read"], expiresAtMs: NOW_MS }, admin);
    expect(await problemOf(response)).toMatchObject({ status: 422, code: "VALIDATION" });
  });

  test("shows when it was used last, to about a minute, and pages through the others", async () => {
    const { token, key } = await create({ name: "used", scopes: ["read"] });
    for (let second = 0; second < 180; second += 10) {
      api.clock.nowMs = NOW_MS + second * 1000;
      await get("/v1/status", token);
    }
    await new Promise(setImmediate);
    const found: KeyDocument[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const path = `/v1/keys?limit=1${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const page: { items: KeyDocument[]; cursor: string | null } = await bodyOf(await get(path, admin), KeyPage);
      expect(page.items.length).toBeLessThanOrEqual(1);
      found.push(...page.items);
      cursor = page.cursor;
    }
    expect(found).toHaveLength(2);
    const { lastUsedAtMs } = found.find(({ id }) => id === key.id)!;
    expect(lastUsedAtMs).toBeGreaterThan(api.clock.nowMs - 90_000);
  });

  test("goes on working when the time of its use cannot be written", async () => {
    const token = await keyFor({ name: "viewer", scopes: ["read"] });
    const { putMany } = api.ports.table;
    api.ports.table.putMany = async (puts) => {
      if (puts.some(({ item }) => item.pk === "API-KEY-USE")) throw new Error("table away");
      return putMany(puts);
    };
    expect((await get("/v1/status", token)).status).toBe(200);
    await new Promise(setImmediate);
    expect(api.logs).toContainEqual(expect.objectContaining({ level: "warn", failure: new Error("table away") }));
  });
});

describe("a revoked key", () => {
  test("stops at once where it was revoked, and within half a minute on every other server", async () => {
    const { token, key } = await create({ name: "leaked", scopes: ["read"] });
    const elsewhere = createApi(api.ports);
    for (const app of [api.app, elsewhere]) expect((await get("/v1/status", token, app)).status).toBe(200);
    const revoked = await api.app.request(`/v1/keys/${key.id}`, { method: "DELETE", headers: bearer(admin) });
    expect(revoked.status).toBe(204);
    expect((await problemOf(await get("/v1/status", token))).detail).toContain("is revoked");
    api.clock.nowMs += 29_000;
    expect((await get("/v1/status", token, elsewhere)).status).toBe(200);
    api.clock.nowMs += 1000;
    expect((await get("/v1/status", token, elsewhere)).status).toBe(401);
  });

  test("can be revoked again, an unknown one cannot", async () => {
    const { key } = await create({ name: "leaked", scopes: ["read"] });
    const revoke = async (id: string) =>
      api.app.request(`/v1/keys/${id}`, { method: "DELETE", headers: bearer(admin) });
    expect([(await revoke(key.id)).status, (await revoke(key.id)).status]).toEqual([204, 204]);
    expect(await problemOf(await revoke("000000000000"))).toMatchObject({ status: 404, code: "NOT_FOUND" });
  });
});

describe("the rate of a key", () => {
  test("is told with each answer, and what goes beyond it is refused until the next minute", async () => {
    api.clock.nowMs = NOW_MS + 20_000;
    const token = await keyFor({ name: "slow", scopes: ["read"], ratePerMinute: 3 });
    const answers = [];
    for (let request = 0; request < 4; request++) answers.push(await get("/v1/status", token));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get("ratelimit"))).toEqual([
      '"key";r=2;t=40',
      '"key";r=1;t=40',
      '"key";r=0;t=40',
      '"key";r=0;t=40',
    ]);
    expect(answers[3]!.headers.get("ratelimit-policy")).toBe('"key";q=3;w=60');
    expect(answers[3]!.headers.get("retry-after")).toBe("40");
    expect(await problemOf(answers[3]!)).toMatchObject({
      code: "RATE_LIMITED",
      detail: expect.stringContaining("3 requests a minute"),
    });
    api.clock.nowMs = NOW_MS + 60_000;
    expect((await get("/v1/status", token)).status).toBe(200);
  });

  test("holds over several servers that are asked at once, and counts what its scopes forbid", async () => {
    const token = await keyFor({ name: "busy", scopes: ["ingest"], ratePerMinute: 50 });
    const servers = Array.from({ length: 5 }, () => createApi(api.ports));
    const answers = await Promise.all(
      servers.flatMap((app) => Array.from({ length: 20 }, () => get("/v1/status", token, app))),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 403)).toHaveLength(50);
    expect(statuses.filter((status) => status === 429)).toHaveLength(50);
  });
});

describe("idempotency keys", () => {
  const once = { "idempotency-key": "the-same" };

  test("are each API key's own: nobody gets the answer of somebody else", async () => {
    const [first, second] = [
      await keyFor({ name: "a", scopes: ["operate"] }),
      await keyFor({ name: "b", scopes: ["operate"] }),
    ];
    expect((await post("/v1/detectors", hostDetector, first, once)).status).toBe(201);
    const replayed = await post("/v1/detectors", hostDetector, first, once);
    expect([replayed.status, replayed.headers.get("idempotency-replayed")]).toEqual([201, "true"]);
    const other = await post("/v1/detectors", hostDetector, second, once);
    expect([other.status, other.headers.get("idempotency-replayed")]).toEqual([409, null]);
  });

  test("are refused where the answer holds a secret, so that the table never does", async () => {
    const response = await post("/v1/keys", { name: "ci", scopes: ["ingest"] }, admin, once);
    expect(await problemOf(response)).toMatchObject({ status: 422, errors: [{ path: "header.idempotency-key" }] });
    expect((await bodyOf(await get("/v1/keys", admin), KeyPage)).items).toHaveLength(1);
  });

  test("do nothing for a key without the scope", async () => {
    const token = await keyFor({ name: "viewer", scopes: ["read"] });
    expect((await post("/v1/detectors", hostDetector, token, once)).status).toBe(403);
    expect((await post("/v1/detectors", hostDetector, token, once)).headers.get("idempotency-replayed")).toBeNull();
  });
});

test("on Lambda, too, the key comes with the gateway's event", async () => {
  const handler = apiHandler(api.ports);
  const statusWith = async (headers: Record<string, string>): Promise<number> => {
    const http = { method: "GET", path: "/v1/status", protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" };
    const event = { version: "2.0", rawPath: "/v1/status", rawQueryString: "", headers, requestContext: { http } };
    return (await handler(event as unknown as Parameters<typeof handler>[0])).statusCode;
  };
  expect(await statusWith({ host: "abc.example" })).toBe(401);
  expect(await statusWith({ host: "abc.example", ...bearer(admin) })).toBe(200);
});

describe("the time of a key's use", () => {
  /** The API over a table that takes a while to write it; `order` is what happened. */
  const slowUse = (write: () => Promise<void>) => {
    const order: string[] = [];
    const { table } = api.ports;
    const putMany: Table["putMany"] = async (puts) => {
      if (puts[0]?.item.pk !== apiKeyUseKey("").pk) return table.putMany(puts);
      order.push("begun");
      await write();
      order.push("written");
      return table.putMany(puts);
    };
    const query: Table["query"] = (range) => {
      order.push("handled");
      return table.query(range);
    };
    return { order, app: createApi({ ...api.ports, table: { ...table, putMany, query } }) };
  };

  test("is written beside the request and before its answer: on Lambda nothing runs after it", async () => {
    const { order, app } = slowUse(() => new Promise((resolve) => setTimeout(resolve, 20)));
    expect((await get("/v1/keys", admin, app)).status).toBe(200);
    order.push("answered");
    expect(order).toEqual(["begun", "handled", "written", "answered"]);
    await get("/v1/keys", admin, app);
    expect(order.slice(4)).toEqual(["handled"]);
  });

  test("fails no request when it cannot be written", async () => {
    const { order, app } = slowUse(() => Promise.reject(new Error("away")));
    expect((await get("/v1/keys", admin, app)).status).toBe(200);
    expect(order).toEqual(["begun", "handled"]);
    expect(api.logs).toContainEqual(expect.objectContaining({ level: "warn", failure: new Error("away") }));
  });
});

test("where keys are not required everything works without one, and one that is sent is still checked", async () => {
  const open = createApi({ ...api.ports, requireKeys: false });
  expect((await get("/v1/keys", undefined, open)).status).toBe(200);
  const viewer = await keyFor({ name: "viewer", scopes: ["read"] });
  expect((await get("/v1/status", viewer, open)).status).toBe(200);
  expect((await get("/v1/keys", viewer, open)).status).toBe(403);
  const unknown = await get("/v1/status", `tw_000000000000_${"0".repeat(43)}`, open);
  expect((await problemOf(unknown)).detail).toContain("This server needs none: leave it out.");
});

test("no secret gets into the log or into a problem, whatever goes wrong", async () => {
  const { token, key } = await create({ name: "ci", scopes: ["ingest"] });
  const answers = [
    await get("/v1/status", token),
    await get("/v1/status", `${token}x`),
    await get("/v1/status", admin),
  ];
  api.ports.table.getMany = () => Promise.reject(new Error("away"));
  api.clock.nowMs += 60_000;
  answers.push(await get("/v1/status", token), await get("/v1/status", admin));
  expect(answers.map(({ status }) => status)).toEqual([403, 401, 200, 500, 500]);
  const told = inspect([api.logs, await Promise.all(answers.map((answer) => answer.text()))], { depth: 9 });
  for (const secret of [token, admin].map((text) => text.slice(-43))) expect(told).not.toContain(secret);
  expect(api.logs).toContainEqual(expect.objectContaining({ route: "/v1/status", status: 403, keyId: key.id }));
});

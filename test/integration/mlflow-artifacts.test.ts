import { NewKey } from "@tidewatch/core/access/key";
import { createKey } from "@tidewatch/core/access/store";
import { type Listening, listen } from "@tidewatch/local/http/listen";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApi, type TestApi } from "./api-harness.ts";

const MEGABYTE = 1024 * 1024;
let api: TestApi;
let server: Listening;
let authorization: string;
let root: string;
let runId: string;
beforeAll(async () => {
  api = startApi({ requireKeys: true });
  server = await listen(api.app, 0, "127.0.0.1");
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const { token } = await createKey({ ...api.ports, random }, NewKey.parse({ name: "n", scopes: ["operate"] }));
  authorization = `Bearer ${token}`;
  const made = await send("POST", "mlflow/runs/create", { experiment_id: "0" });
  runId = ((await made.json()) as { run: { info: { run_id: string } } }).run.info.run_id;
  root = `runs/${runId}/artifacts`;
});
afterAll(async () => {
  await server.close();
  await api.stop();
});

const send = (method: string, path: string, message: object) =>
  fetch(`${server.url}/api/2.0/${path}`, {
    ...{ method, body: JSON.stringify(message) },
    headers: { authorization, "content-type": "application/json" },
  });
const artifact = (path: string) => `${server.url}/api/2.0/mlflow-artifacts/artifacts/${path}`;
const get = async (path: string) => {
  const response = await fetch(artifact(path), { headers: { authorization } });
  return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
};
const noise = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 2_654_435_761) >>> 24);

describe("artifacts through the proxy", () => {
  test("may be larger than other requests, are streamed in without a length, and come back the same", async () => {
    const bytes = noise(12 * MEGABYTE);
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.length; at += MEGABYTE) controller.enqueue(bytes.slice(at, at + MEGABYTE));
        controller.close();
      },
    });
    const init = { method: "PUT", body, duplex: "half", headers: { authorization } } as RequestInit;
    expect((await fetch(artifact(`${root}/large.bin`), init)).status).toBe(200);
    const got = await get(`${root}/large.bin`);
    expect(got.status).toBe(200);
    expect(Buffer.compare(got.bytes, bytes)).toBe(0);
    const tooLarge = { method: "PUT", body: "x", headers: { authorization, "content-length": "1" } };
    expect((await fetch(artifact(`${root}/a`), tooLarge)).status).toBe(200);
    const declared = await api.app.request(`/api/2.0/mlflow-artifacts/artifacts/${root}/huge`, {
      ...{ method: "PUT", body: "x", headers: { authorization, "content-length": String(300 * MEGABYTE) } },
    });
    expect(declared.status).toBe(413);
  });

  test("lead nowhere else", async () => {
    const statuses = [];
    for (const path of [
      "events/dt=2026-01-01/a.ndjson.gz",
      "models/host",
      `runs/${runId}/other/a`,
      `runs/${runId}/artifacts/%2e%2e/%2e%2e/x`,
      `runs/${runId}/artifacts/a%5cb`,
      "%ff",
      "runs/none/artifacts/a",
      `logged-models/m-${"0".repeat(32)}/artifacts/a`,
      "models/none/1/model.onnx",
      `runs/${runId}/artifacts`,
      `runs/${runId}/artifacts/`,
    ]) {
      const response = await api.app.request(`/api/2.0/mlflow-artifacts/artifacts/${path}`, {
        ...{ method: "PUT", body: "x", headers: { authorization } },
      });
      statuses.push(response.status);
    }
    expect(statuses).toEqual([400, 400, 400, 400, 400, 400, 404, 404, 403, 400, 400]);
    const listed = await fetch(`${server.url}/api/2.0/mlflow-artifacts/artifacts?path=events`, {
      headers: { authorization },
    });
    expect(listed.status).toBe(400);
    expect(
      (await fetch(`${server.url}/api/2.0/mlflow-artifacts/artifacts`, { headers: { authorization } })).status,
    ).toBe(400);
  });
});

describe("with an idempotency key", () => {
  test("a repeated upload is answered as the first, and no bearer token is kept", async () => {
    const headers = { authorization, "idempotency-key": "k1" };
    for (const replayed of [null, "true"]) {
      const response = await fetch(artifact(`${root}/once`), { method: "PUT", body: "once", headers });
      expect([response.status, response.headers.get("idempotency-replayed")]).toEqual([200, replayed]);
    }
    expect(new TextDecoder().decode((await get(`${root}/once`)).bytes)).toBe("once");
    const create = await fetch(`${server.url}/api/2.0/mlflow-artifacts/mpu/create/${root}`, {
      ...{ method: "POST", body: JSON.stringify({ path: "a", num_parts: 1 }) },
      headers: { ...headers, "content-type": "application/json", "idempotency-key": "k2" },
    });
    expect(create.status).toBe(400);
  });
});

describe("an upload in parts", () => {
  const create = async (numParts: number) => {
    const message = { path: "/home/ann/big.bin", num_parts: numParts };
    return (await (await send("POST", `mlflow-artifacts/mpu/create/${root}/model`, message)).json()) as {
      upload_id: string;
      credentials: { url: string; part_number: number; headers: Record<string, string> }[];
    };
  };

  test("as MLflow's client does it: create, put each part with the headers it was given, complete", async () => {
    const bytes = noise(2 * MEGABYTE + 5);
    const { upload_id, credentials } = await create(3);
    expect(credentials.map(({ part_number }) => part_number)).toEqual([1, 2, 3]);
    const parts = [];
    for (const [at, { url, part_number, headers }] of credentials.entries()) {
      const body = bytes.slice(at * MEGABYTE, (at + 1) * MEGABYTE);
      const response = await fetch(url, { method: "PUT", body, headers });
      expect(response.status).toBe(200);
      parts.push({ part_number, etag: response.headers.get("etag"), url });
    }
    const message = { path: "/home/ann/big.bin", upload_id, parts };
    const wrong = [...parts.slice(0, 2), { ...parts[2], etag: '"x"' }];
    expect(
      (await send("POST", `mlflow-artifacts/mpu/complete/${root}/model`, { ...message, parts: wrong })).status,
    ).toBe(400);
    expect((await send("POST", `mlflow-artifacts/mpu/complete/${root}/else`, message)).status).toBe(400);
    const completed = await send("POST", `mlflow-artifacts/mpu/complete/${root}/model`, message);
    expect([completed.status, await completed.json()]).toEqual([200, {}]);
    const got = await get(`${root}/model/big.bin`);
    expect(Buffer.compare(got.bytes, bytes)).toBe(0);
    // Its parts take no more room, and it is done.
    expect((await api.ports.blobs.get(`uploads/${upload_id}/1`))?.length).toBe(0);
    expect((await send("POST", `mlflow-artifacts/mpu/complete/${root}/model`, message)).status).toBe(404);
  });

  test("can be given up, and takes only its own parts from those who may write", async () => {
    const { upload_id, credentials } = await create(2);
    const { url, headers } = credentials[0]!;
    expect((await fetch(url, { method: "PUT", body: "x" })).status).toBe(401);
    expect((await fetch(url.replace(/1$/, "3"), { method: "PUT", body: "x", headers })).status).toBe(400);
    expect((await fetch(url.replace(upload_id, "0".repeat(32)), { method: "PUT", body: "x", headers })).status).toBe(
      404,
    );
    expect((await fetch(url, { method: "PUT", body: "x", headers })).status).toBe(200);
    const message = { path: "big.bin", upload_id };
    expect((await send("POST", `mlflow-artifacts/mpu/abort/${root}/model`, message)).status).toBe(200);
    expect((await fetch(url, { method: "PUT", body: "x", headers })).status).toBe(404);
    const many = { path: "big.bin", num_parts: 1001 };
    expect((await send("POST", `mlflow-artifacts/mpu/create/${root}/model`, many)).status).toBe(400);
  });
});

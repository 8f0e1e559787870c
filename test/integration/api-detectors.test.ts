import type { AnyDetector } from "@tidewatch/core/any-detector";
import { Detector } from "@tidewatch/core/detector";
import { LogDetector } from "@tidewatch/core/log/detector";
import { DetectorDocument, DetectorPage } from "@tidewatch/functions/api/schemas/detector";
import { Status } from "@tidewatch/functions/api/schemas/status";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bodyOf, hostDetector, json, NOW_MS, problemOf, startApi, type TestApi } from "./api-harness.ts";

let api: TestApi;
beforeEach(() => {
  api = startApi();
});
afterEach(() => api.stop());

const request = async (method: string, path: string, init: RequestInit = {}) =>
  api.app.request(path, { method, ...init });
const create = (body: unknown = hostDetector) => request("POST", "/v1/detectors", json(body));
const replace = (body: unknown, headers: Record<string, string> = {}) =>
  request("PUT", "/v1/detectors/host", json(body, headers));
const etagOf = (response: Response) => response.headers.get("etag") ?? "none";

describe("detectors over HTTP", () => {
  test("a created detector can be read with its defaults, at its Location", async () => {
    const created = await create();
    expect(created.status).toBe(201);
    const read = await request("GET", created.headers.get("location")!);
    expect(await bodyOf(read, DetectorDocument)).toEqual(Detector.parse(hostDetector));
    expect(etagOf(read)).toBe(etagOf(created));
  });

  test("to create one twice is a conflict", async () => {
    await create();
    expect(await problemOf(await create())).toMatchObject({ status: 409, code: "CONFLICT" });
  });

  test("a mistake is answered with its field and rule", async () => {
    const problem = await problemOf(
      await create({ id: "Host", features: [{ metric: "cpu", direction: "left" }], colour: 1, sensitivity: 11 }),
    );
    expect(problem).toMatchObject({ status: 422, code: "VALIDATION" });
    const paths = problem.errors?.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(["id", "features.0.direction", "sensitivity", ""]));
    expect(problem.errors?.find(({ path }) => path === "")?.message).toContain("colour");
  });

  test("two features of one name are refused: results could not tell them apart", async () => {
    const problem = await problemOf(await create({ id: "host", features: [{ metric: "cpu" }, { metric: "cpu" }] }));
    expect(problem.errors).toEqual([{ path: "features", message: expect.stringContaining("one name") }]);
  });

  test("broken JSON, another content type and no body are told apart", async () => {
    const broken = await request("POST", "/v1/detectors", { ...json({}), body: "{" });
    expect(await problemOf(broken)).toMatchObject({ status: 400, code: "MALFORMED" });
    const text = await request("POST", "/v1/detectors", { body: "{}", headers: { "content-type": "text/plain" } });
    expect(await problemOf(text)).toMatchObject({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
    expect(await problemOf(await request("POST", "/v1/detectors"))).toMatchObject({ status: 415 });
  });

  test("PUT creates, then replaces", async () => {
    expect((await replace(hostDetector)).status).toBe(201);
    const replaced = await replace({ ...hostDetector, sensitivity: 7 });
    expect(replaced.status).toBe(200);
    const read = await request("GET", "/v1/detectors/host");
    expect(await bodyOf(read, DetectorDocument)).toMatchObject({ sensitivity: 7 });
    const other = await problemOf(await replace({ ...hostDetector, id: "other" }));
    expect(other.errors).toEqual([{ path: "id", message: expect.stringContaining("host") }]);
  });

  test("If-Match lets only the reader of the present state write", async () => {
    const first = etagOf(await create());
    const changed = await replace({ ...hostDetector, sensitivity: 7 }, { "if-match": first });
    expect(changed.status).toBe(200);
    const late = await replace({ ...hostDetector, sensitivity: 3 }, { "if-match": first });
    expect(await problemOf(late)).toMatchObject({ status: 412, code: "PRECONDITION_FAILED" });
    const onlyNew = await replace(hostDetector, { "if-none-match": "*" });
    expect(await problemOf(onlyNew)).toMatchObject({ status: 412 });
    const deletion = await request("DELETE", "/v1/detectors/host", { headers: { "if-match": first } });
    expect(await problemOf(deletion)).toMatchObject({ status: 412 });
  });

  test("a detector that was deleted and made again is not the one that was read", async () => {
    const first = etagOf(await create());
    await request("DELETE", "/v1/detectors/host");
    await create({ ...hostDetector, sensitivity: 9 });
    expect(await problemOf(await replace(hostDetector, { "if-match": first }))).toMatchObject({ status: 412 });
  });

  test("of writers at the same time none is lost", async () => {
    await create();
    const responses = await Promise.all([1, 2, 3, 4].map((sensitivity) => replace({ ...hostDetector, sensitivity })));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(etagOf(await request("GET", "/v1/detectors/host"))).toMatch(/^"5-/);
  });

  test("If-None-Match saves the transfer", async () => {
    const etag = etagOf(await create());
    const unchanged = await request("GET", "/v1/detectors/host", { headers: { "if-none-match": etag } });
    expect(unchanged.status).toBe(304);
    expect(await unchanged.text()).toBe("");
  });

  test("a deleted detector is gone, and there is none to delete again", async () => {
    await create();
    expect((await request("DELETE", "/v1/detectors/host")).status).toBe(204);
    expect(await problemOf(await request("GET", "/v1/detectors/host"))).toMatchObject({ status: 404 });
    expect(await problemOf(await request("DELETE", "/v1/detectors/host"))).toMatchObject({ status: 404 });
  });

  test("pages hold each detector once, in order", async () => {
    const ids = ["a", "b", "b-1", "b1", "c"];
    for (const id of ids) await create({ ...hostDetector, id });
    const seen: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page: { items: AnyDetector[]; cursor: string | null } = await bodyOf(
        await request("GET", `/v1/detectors?limit=2${query}`),
        DetectorPage,
      );
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.cursor;
      pages++;
    } while (cursor !== null);
    expect(seen).toEqual(ids);
    expect(pages).toBe(3);
  });

  test.each(["limit=0", "limit=x", "limit=1001", "cursor=nonsense", `cursor=${btoa('{"list":"series:a"}')}`])(
    "the query %s is refused with its field",
    async (query) => {
      const problem = await problemOf(await request("GET", `/v1/detectors?${query}`));
      expect(problem).toMatchObject({ status: 422, code: "VALIDATION" });
      expect(problem.errors?.[0]?.path).toBe(`query.${query.split("=")[0]}`);
    },
  );
});

const hdfs = {
  id: "hdfs",
  match: { type: "log", entity: "hdfs-*" },
  session: { key: { pattern: "blk_-?\\d+" } },
  rates: { intervalSeconds: 60 },
};

describe("detectors of logs over HTTP", () => {
  test("are created, read, replaced under their ETag, listed and deleted like those of metrics", async () => {
    const created = await create(hdfs);
    expect(created.status).toBe(201);
    const read = await request("GET", created.headers.get("location")!);
    expect(await bodyOf(read, DetectorDocument)).toEqual(LogDetector.parse(hdfs));
    const put = (headers: Record<string, string>) =>
      request("PUT", "/v1/detectors/hdfs", json({ ...hdfs, rates: undefined }, headers));
    expect((await put({ "if-match": etagOf(read) })).status).toBe(200);
    expect((await put({ "if-match": etagOf(read) })).status).toBe(412);
    await create();
    const { items } = await bodyOf(await request("GET", "/v1/detectors"), DetectorPage);
    expect(items.map(({ match }) => match.type)).toEqual(["log", "metric"]);
    expect((await request("DELETE", "/v1/detectors/hdfs")).status).toBe(204);
  });

  test("a mistake is answered by the rules for logs", async () => {
    const problem = await problemOf(await create({ ...hdfs, id: "HDFS", session: { key: { pattern: "(" } } }));
    expect(problem.errors?.map(({ path }) => path).sort()).toEqual(["id", "session.key.pattern"]);
  });

  test("their series are those of their template rates; asked for others, they say where their results are", async () => {
    await create(hdfs);
    const ask = [
      ...["/v1/series?detector=", "/v1/anomalies?detector="].map((path) => ["GET", path]),
      ["GET", "/v1/points?entity=a&detector="],
    ] as const;
    for (const [method, path] of ask) {
      const problem = await problemOf(await request(method!, `${path}hdfs`));
      expect([path, problem.status, problem.detail]).toEqual([path, 409, expect.stringContaining("/v1/sessions")]);
      const ofRates = await request(method!, `${path}hdfs.rates`);
      expect([path, ofRates.status]).toEqual([path, path?.includes("points") ? 404 : 200]);
      expect((await request(method!, `${path}other.rates`)).status).toBe(404);
    }
    expect(await (await request("GET", "/v1/anomalies")).json()).toEqual({ items: [], cursor: null });
    const posts = [
      ["/v1/predict", { detector: "hdfs", rows: [[1]] }],
      ["/v1/forecast", { detector: "hdfs", entity: "a", steps: 1 }],
      [
        "/v1/labels",
        { labels: [{ detector: "hdfs", entity: "a", fromMs: NOW_MS, toMs: NOW_MS + 1, label: "normal" }] },
      ],
    ] as const;
    for (const [path, body] of posts) {
      expect(await problemOf(await request("POST", path, json(body)))).toMatchObject({
        ...{ status: 409, code: "CONFLICT", detail: expect.stringContaining("watches logs") },
      });
    }
    const train = (id: string) => request("POST", `/v1/detectors/${id}/train`);
    expect(await problemOf(await train("hdfs"))).toMatchObject({ status: 409 });
    expect(await problemOf(await train("hdfs.rates"))).toMatchObject({ status: 409 });
    const status = await bodyOf(await request("GET", "/v1/status"), Status);
    expect(status.logDetectors).toMatchObject([{ id: "hdfs", enabled: true, rates: { id: "hdfs.rates", series: 0 } }]);
    expect(status.logDetectors).toMatchObject([
      { model: null, warmUp: { sessionsNeeded: 1000 }, anomalousSessions: { lastDay: 0, hasMore: false } },
    ]);
    expect(await (await request("GET", "/v1/models")).json()).toMatchObject({
      items: [{ name: "hdfs", family: "log-sessions", champion: null }],
    });
  });
});

import { Detector } from "@tidewatch/core/detector";
import { DetectorDocument, DetectorPage } from "@tidewatch/functions/api/schemas/detector";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bodyOf, hostDetector, json, problemOf, startApi, type TestApi } from "./api-harness.ts";

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
    expect((await bodyOf(await request("GET", "/v1/detectors/host"), DetectorDocument)).sensitivity).toBe(7);
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
      const page: { items: Detector[]; cursor: string | null } = await bodyOf(
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

import { scoreBatch } from "@tidewatch/core/score/run";
import { putDetector } from "@tidewatch/core/store/detectors";
import { LabelPage, StoredLabels } from "@tidewatch/functions/api/schemas/labels";
import { Status } from "@tidewatch/functions/api/schemas/status";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocks } from "../support/log-model.ts";
import { detector, metric, record, scorePorts, T0 } from "../support/scoring.ts";
import { bodyOf, json, NOW_MS, problemOf, startApi, type TestApi } from "./api-harness.ts";

const forest = { family: "random-forest", minTrainingRows: 80, trees: 20 };
const host = detector({ id: "host", features: [{ metric: "cpu" }], model: forest });
const any = { detector: "host", entity: "a/b #1" };

let api: TestApi;
beforeAll(async () => {
  api = startApi();
  await putDetector(api.ports.table, host, undefined);
});
afterAll(() => api.stop());

const ask = (method: string, query: Record<string, string | number>) => {
  const parameters = Object.entries(query).map(([name, value]): [string, string] => [name, `${value}`]);
  return api.app.request(`/v1/labels?${new URLSearchParams(parameters)}`, { method });
};
const list = async (query: Record<string, string | number>) => bodyOf(await ask("GET", query), LabelPage.strict());
const post = (labels: unknown, headers = {}) =>
  api.app.request("/v1/labels", { method: "POST", ...json({ labels }, headers) });
const span = (from: number, to: number) => ({ fromMs: T0 + from * 1000, toMs: T0 + to * 1000 });

describe("labels over HTTP", () => {
  test("are stored, listed page by page, replaced and removed", async () => {
    const anomalous = { ...any, ...span(10, 20), label: "anomalous", note: "disk full" };
    const normal = { ...any, ...span(0, 100), label: "normal" };
    const stored = await post([anomalous, normal]);
    expect([stored.status, await bodyOf(stored, StoredLabels.strict())]).toEqual([200, { stored: 2, unseen: [any] }]);
    const first = await list({ ...any, limit: 1 });
    expect(first.items).toEqual([{ ...normal, note: null, createdAtMs: NOW_MS }]);
    const rest = await list({ ...any, limit: 1, cursor: first.cursor! });
    expect(rest).toEqual({ items: [{ ...anomalous, createdAtMs: NOW_MS }], cursor: null });
    expect((await list({ detector: "host" })).items).toHaveLength(2);
    expect(await list({ detector: "host", entity: "a" })).toEqual({ items: [], cursor: null });

    await post([{ ...anomalous, label: "normal", note: undefined }]);
    expect((await list(any)).items[1]).toMatchObject({ ...span(10, 20), label: "normal", note: null });
    const at = { ...any, from: anomalous.fromMs, to: anomalous.toMs };
    expect((await ask("DELETE", at)).status).toBe(204);
    expect((await list(any)).items).toHaveLength(1);
    const again = await problemOf(await ask("DELETE", at));
    expect(again).toMatchObject({ code: "NOT_FOUND", detail: expect.stringContaining("has no label from 2026-11-20") });
    expect((await ask("DELETE", { ...any, from: normal.fromMs, to: normal.toMs })).status).toBe(204);
  });

  test("a retry under the same idempotency key does not bring back what was removed since", async () => {
    const labels = [{ ...any, ...span(0, 5), label: "normal" }];
    const key = { "idempotency-key": "label-1" };
    await post(labels, key);
    await ask("DELETE", { ...any, from: labels[0]!.fromMs, to: labels[0]!.toMs });
    const replayed = await post(labels, key);
    expect([replayed.status, replayed.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
    expect((await list(any)).items).toEqual([]);
  });

  test.each([
    ["a span that ends before it begins", [{ ...any, ...span(5, 5), label: "normal" }], "VALIDATION", "labels.0.toMs"],
    ["seconds for milliseconds", [{ ...any, fromMs: 1, toMs: 2, label: "normal" }], "VALIDATION", "labels.0.fromMs"],
    ["no such label", [{ ...any, ...span(0, 5), label: "odd" }], "VALIDATION", "labels.0.label"],
    ["no labels", [], "VALIDATION", "labels"],
    [
      "no such detector, and nothing is stored",
      [
        { ...any, ...span(0, 5), label: "normal" },
        { ...any, ...span(0, 5), detector: "gone", label: "normal" },
      ],
      "NOT_FOUND",
      "labels.1.detector",
    ],
  ])("refuses %s", async (_, labels, code, path) => {
    const problem = await problemOf(await post(labels));
    expect(problem).toMatchObject({ code, errors: expect.arrayContaining([expect.objectContaining({ path })]) });
    expect((await list(any)).items).toEqual([]);
  });

  test("a list and a removal need to be told of what", async () => {
    expect(await problemOf(await ask("GET", {}))).toMatchObject({ errors: [{ path: "query.detector" }] });
    expect(await problemOf(await ask("GET", { detector: "gone" }))).toMatchObject({ code: "NOT_FOUND" });
    expect(await problemOf(await ask("GET", { ...any, cursor: "x" }))).toMatchObject({ code: "VALIDATION" });
    expect(await problemOf(await ask("DELETE", any))).toMatchObject({
      errors: [{ path: "query.from" }, { path: "query.to" }],
    });
  });
});

test("the status says how many labelled rows there are and what to do, and training refuses until there are enough", async () => {
  const records = Array.from({ length: 100 }, (_, n) =>
    record(n, metric("s", n, { cpu: n % 10 === 0 ? 90 : 40 + (n % 7) })),
  );
  await scoreBatch(scorePorts(api.ports.table, [host], []), records);
  const warmUp = async () => {
    api.clock.nowMs += 60_000;
    const { detectors } = await bodyOf(await api.app.request("/v1/status"), Status);
    return detectors[0]!.warmUp;
  };
  const series = async () => {
    const response = await api.app.request("/v1/series?detector=host");
    return ((await response.json()) as { items: { warmUp: unknown }[] }).items[0]!.warmUp;
  };
  const train = () => api.app.request("/v1/detectors/host/train", { method: "POST" });
  const none = "no model yet: 0 anomalous and 0 normal rows have labels: label some anomalous and some normal ones";
  expect(await warmUp()).toEqual({ cause: `${none} (tidewatch label add)`, rowsNeeded: 80 });
  expect(await series()).toEqual({ cause: `${none} (tidewatch label add)`, rowsNeeded: 80 });
  const of = { detector: "host", entity: "s" };
  const stored = await post([{ ...of, ...span(0, 60), label: "normal" }]);
  expect(await bodyOf(stored, StoredLabels)).toEqual({ stored: 1, unseen: [] });
  expect(await warmUp()).toMatchObject({ cause: expect.stringContaining("0 anomalous and 60 normal"), rowsNeeded: 20 });
  expect(await problemOf(await train())).toMatchObject({
    code: "CONFLICT",
    detail: "detector host learns from labels: 0 anomalous and 60 normal rows have labels: label some anomalous ones",
  });
  await post(Array.from({ length: 10 }, (_, n) => ({ ...of, ...span(10 * n, 10 * n + 1), label: "anomalous" })));
  expect(await warmUp()).toMatchObject({
    cause: expect.stringContaining("10 anomalous and 54 normal"),
    rowsNeeded: 16,
  });
  await post([{ ...of, ...span(61, 90), label: "normal" }]);
  await post(Array.from({ length: 10 }, (_, n) => ({ ...of, ...span(10 * n, 10 * n + 1), label: "anomalous" })));
  expect(await warmUp()).toEqual({ cause: "no model yet: enough labelled rows, training is due", rowsNeeded: 0 });
  const trained = await train();
  expect([trained.status, await trained.json()]).toEqual([200, { version: 1, trainingRows: 91 }]);
  expect(await warmUp()).toBeNull();
});

describe("labels of sessions over HTTP", () => {
  const whole = { entity: "blk_-1", fromMs: Date.UTC(1990, 0), toMs: Date.UTC(2100, 0) };
  beforeAll(() => putDetector(api.ports.table, blocks, undefined));

  test("take a key, with times or without, and are listed and removed by it", async () => {
    const label = { detector: "hdfs", session: "blk_-1", label: "anomalous" };
    const stored = await post([label, { ...label, ...span(0, 9), label: "normal", note: "replayed" }]);
    const unseen = [{ detector: "hdfs", entity: "blk_-1" }];
    expect([stored.status, await stored.json()]).toEqual([200, { stored: 2, unseen }]);
    const made = { detector: "hdfs", createdAtMs: expect.any(Number) };
    expect((await list({ detector: "hdfs" })).items).toEqual([
      { ...made, ...whole, label: "anomalous", note: null },
      { ...made, entity: "blk_-1", ...span(0, 9), label: "normal", note: "replayed" },
    ]);
    expect((await ask("DELETE", { detector: "hdfs", session: "blk_-1" })).status).toBe(204);
    const { fromMs: from, toMs: to } = span(0, 9);
    expect((await ask("DELETE", { detector: "hdfs", session: "blk_-1", from, to })).status).toBe(204);
    expect((await list({ detector: "hdfs", entity: "blk_-1" })).items).toEqual([]);
  });

  test("are refused where they cannot be of anything", async () => {
    const session = { detector: "hdfs", session: "blk_1", label: "normal" };
    const rows = { detector: "hdfs", entity: "blk_1", ...span(0, 9), label: "normal" };
    const refusals: [object, string, string][] = [
      [rows, "CONFLICT", 'Detector "hdfs" watches logs: label its sessions, by "session".'],
      [{ ...session, detector: "host" }, "CONFLICT", 'label rows, by "entity", "fromMs" and "toMs"'],
      [{ ...session, entity: "a" }, "VALIDATION", "say either entity or session"],
      [{ detector: "hdfs", label: "normal" }, "VALIDATION", "say either entity or session"],
      [{ ...rows, detector: "host", toMs: undefined }, "VALIDATION", "is missing: a label of rows has a span"],
      [{ ...session, fromMs: T0 + 1, toMs: T0 }, "VALIDATION", "must be later than fromMs"],
      [{ ...session, detector: "nobody" }, "NOT_FOUND", "there is no detector"],
    ];
    for (const [label, code, text] of refusals) {
      const problem = await problemOf(await post([label]));
      expect(problem).toMatchObject({ code });
      expect(JSON.stringify(problem)).toContain(JSON.stringify(text).slice(1, -1));
    }
    for (const query of [{}, { entity: "a" }, { entity: "a", session: "b" }]) {
      expect(await problemOf(await ask("DELETE", { detector: "hdfs", ...query }))).toMatchObject({
        code: "VALIDATION",
      });
    }
  });
});

import { Event } from "@tidewatch/core/ingest/event";
import { Problem } from "@tidewatch/functions/api/http/problem";
import { foreignAccess } from "@tidewatch/functions/api/http/route-access";
import { Health } from "@tidewatch/functions/api/routes/health";
import {
  DetectorDocument,
  LogDetectorDocument,
  MetricDetectorDocument,
  TrainResult,
} from "@tidewatch/functions/api/schemas/detector";
import { IngestResult } from "@tidewatch/functions/api/schemas/events";
import { ForecastRequest, ForecastResult } from "@tidewatch/functions/api/schemas/forecast";
import { CreatedKey, KeyDocument, NewKeyDocument } from "@tidewatch/functions/api/schemas/keys";
import { LabelDocument, NewLabels, StoredLabels } from "@tidewatch/functions/api/schemas/labels";
import {
  AnomalousSession,
  RawLine,
  SessionDocument,
  TemplateDetail,
  TemplateDocument,
  TemplateLine,
} from "@tidewatch/functions/api/schemas/logs";
import {
  ImportedModel,
  ImportManifestDocument,
  ModelDocument,
  ModelImport,
  Promotion,
} from "@tidewatch/functions/api/schemas/models";
import { PredictRequest, PredictResult } from "@tidewatch/functions/api/schemas/predict";
import { AnomalyDocument, Points, SeriesSummary, WarmUp } from "@tidewatch/functions/api/schemas/results";
import { Status } from "@tidewatch/functions/api/schemas/status";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NOW_MS, startApi, type TestApi } from "./api-harness.ts";

type Media = { schema?: object; example?: unknown; examples?: Record<string, { value: unknown }> };
type Operation = {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required?: boolean; schema: object }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
};
type Document = {
  openapi: string;
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { example?: unknown }> };
};

let api: TestApi;
let document: Document;
beforeAll(async () => {
  api = startApi();
  document = (await (await api.app.request("/openapi.json")).json()) as Document;
});
afterAll(() => api.stop());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, name: `${method} ${path}`, operation })),
  );

/** Every value under a key of this name, at any depth. */
const valuesUnder = (value: unknown, key: string): unknown[] => {
  if (Array.isArray(value)) return value.flatMap((item) => valuesUnder(item, key));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => [...(name === key ? [item] : []), ...valuesUnder(item, key)]);
};

describe("the OpenAPI document", () => {
  test("is 3.1 and describes each route that the API serves", () => {
    expect(document.openapi).toBe("3.1.0");
    const described = operations().map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    const served = api.app.routes
      .filter(({ method, path }) => method !== "ALL" && !/^\/(docs|openapi|favicon)/.test(path))
      .filter(({ method, path }) => !foreignAccess(api.app).has(`${method} ${path}`))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect([...new Set(described)].sort()).toEqual([...new Set(served)].sort());
  });

  test("has no reference that leads nowhere", () => {
    const references = valuesUnder(document, "$ref") as string[];
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      const steps = reference.replace(/^#\//, "").split("/");
      const target = steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
      expect(target, reference).toBeDefined();
    }
  });

  test("uses no keyword that 3.1 gave up", () => {
    expect(valuesUnder(document, "nullable")).toEqual([]);
    for (const limit of [...valuesUnder(document, "exclusiveMinimum"), ...valuesUnder(document, "exclusiveMaximum")]) {
      expect(limit).toBeTypeOf("number");
    }
  });

  test("names, explains and tags each operation, and no two have one name", () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = document.tags.map(({ name }) => name);
    for (const { name, operation } of operations()) {
      expect(operation.operationId, name).toMatch(/^[a-z][A-Za-z]+$/);
      expect(operation.summary, name).toBeTruthy();
      expect(operation.description, name).toBeTruthy();
      expect(tags, name).toContain(operation.tags?.[0]);
    }
  });

  test("declares each path parameter as required", () => {
    for (const { path, operation } of operations()) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
      expect(declared.map(({ name }) => name)).toEqual(inPath);
      for (const { required } of declared) expect(required).toBe(true);
    }
  });

  test("gives a problem document for each failure, and a schema for each answer with a body", () => {
    for (const { name, operation } of operations()) {
      const responses = Object.entries(operation.responses);
      expect(
        responses.some(([status]) => status.startsWith("2")),
        name,
      ).toBe(true);
      expect(Object.keys(operation.responses), name).toContain("500");
      for (const [status, { description, content }] of responses) {
        expect(description, `${name} ${status}`).toBeTruthy();
        if (["204", "304"].includes(status)) continue;
        const [media] = Object.entries(content ?? {});
        expect(media?.[0], `${name} ${status}`).toBe(
          Number(status) >= 400 ? "application/problem+json" : "application/json",
        );
        expect(media?.[1].schema, `${name} ${status}`).toBeDefined();
      }
    }
  });

  test.each([
    ["AnomalousSession", AnomalousSession],
    ["Anomaly", AnomalyDocument],
    ["Detector", DetectorDocument],
    ["MetricDetector", MetricDetectorDocument],
    ["LogDetector", LogDetectorDocument],
    ["CreatedKey", CreatedKey],
    ["Health", Health],
    ["ImportedModel", ImportedModel],
    ["ImportManifest", ImportManifestDocument],
    ["IngestResult", IngestResult],
    ["Key", KeyDocument],
    ["Model", ModelDocument],
    ["ModelImport", ModelImport],
    ["NewKey", NewKeyDocument],
    ["Label", LabelDocument],
    ["NewLabels", NewLabels],
    ["StoredLabels", StoredLabels],
    ["Points", Points],
    ["ForecastRequest", ForecastRequest],
    ["ForecastResult", ForecastResult],
    ["PredictRequest", PredictRequest],
    ["PredictResult", PredictResult],
    ["Problem", Problem],
    ["Promotion", Promotion],
    ["RawLine", RawLine],
    ["Series", SeriesSummary],
    ["Session", SessionDocument],
    ["Template", TemplateDocument],
    ["TemplateDetail", TemplateDetail],
    ["TemplateLine", TemplateLine],
    ["Status", Status],
    ["TrainResult", TrainResult],
    ["WarmUp", WarmUp],
  ])("shows an example of %s that its own schema accepts", (name, schema) => {
    const example = document.components.schemas[name]?.example;
    expect(schema.safeParse(example)).toMatchObject({ success: true });
  });

  test("explains the fields of a detector of either kind", () => {
    type Fields = { properties: Record<string, { description?: string; default?: unknown }> };
    const { Detector, MetricDetector, LogDetector } = document.components.schemas;
    expect(Detector).toMatchObject({
      oneOf: [{ $ref: "#/components/schemas/MetricDetector" }, { $ref: "#/components/schemas/LogDetector" }],
    });
    const { session, rates } = (LogDetector as Fields).properties;
    expect(session?.description).toContain("Lines of one key");
    expect(rates?.description).toContain("Counts lines of each template");
    const { properties } = MetricDetector as Fields;
    expect(properties.missing?.description).toContain("`skip` leaves the row out");
    expect(properties.sensitivity).toMatchObject({ default: 5, description: expect.stringContaining("rarest rows") });
    expect(properties.match?.description).toContain("Which events");
  });

  test("shows detectors of both kinds that can be created as they stand", async () => {
    const { content } = document.paths["/v1/detectors"]!.post!.requestBody!;
    const examples = Object.values(content["application/json"]!.examples!);
    expect(examples).toHaveLength(2);
    for (const { value } of examples) {
      const init = { body: JSON.stringify(value), headers: { "content-type": "application/json" } };
      const response = await api.app.request("/v1/detectors", { method: "POST", ...init });
      expect(response.status).toBe(201);
    }
  });

  test("shows events that can be sent as they stand", async () => {
    const { content } = document.paths["/v1/events"]!.post!.requestBody!;
    const examples = Object.values(content["application/json"]!.examples!).flatMap(({ value }) => value);
    for (const example of examples) expect(Event.safeParse(example)).toMatchObject({ success: true });
    const headers = { "content-type": "application/x-ndjson" };
    const body = content["application/x-ndjson"]!.example as string;
    const response = await api.app.request("/v1/events", { method: "POST", body, headers });
    expect(await response.json()).toEqual({ accepted: 2, rejected: [] });
    expect(api.records()[0]!.arrivalMs).toBe(NOW_MS);
    const text = { body: content["text/plain"]!.example as string, headers: { "content-type": "text/plain" } };
    const lines = await api.app.request("/v1/events?entity=web-01", { method: "POST", ...text });
    expect(await lines.json()).toEqual({ accepted: 2, rejected: [], lines: 4 });
  });
});

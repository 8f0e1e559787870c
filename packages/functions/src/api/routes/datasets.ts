import { createRoute, z } from "@hono/zod-openapi";
import { isLogDetector } from "@tidewatch/core/any-detector";
import { datasetQueryOf } from "@tidewatch/core/dataset/query";
import { findDataset, listDatasets } from "@tidewatch/core/dataset/read";
import { getDetector, getMetricDetector } from "@tidewatch/core/store/detectors";
import { jsonBody } from "../http/body.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { DatasetDocument, DatasetPage, DatasetPath, FullDataset, NewDataset } from "../schemas/datasets.ts";
import { cursorQuery, limitQuery } from "../schemas/paging.ts";
import { noDetector } from "./detectors-read.ts";

const LIST = "datasets";
const tags = ["Datasets"];

const listRoute = createRoute({
  method: "get",
  path: "/v1/datasets",
  operationId: "listDatasets",
  ...needs("read"),
  tags,
  summary: "List frozen training sets",
  description: "In the order of their hashes.",
  request: { query: z.object({ limit: limitQuery(100), cursor: cursorQuery }) },
  responses: {
    200: { description: "A page of datasets.", content: { "application/json": { schema: DatasetPage } } },
    ...problemResponses("VALIDATION"),
  },
});

const getOne = createRoute({
  method: "get",
  path: "/v1/datasets/{hash}",
  operationId: "getDataset",
  ...needs("read"),
  tags,
  summary: "Get a training set and what it was made for",
  description: "Its rows lie in the objects `datasets/<hash>/`.",
  request: { params: DatasetPath },
  responses: {
    200: { description: "The dataset.", content: { "application/json": { schema: FullDataset } } },
    ...problemResponses("NOT_FOUND", "VALIDATION", "CORRUPT"),
  },
});

const freezeRoute = createRoute({
  method: "post",
  path: "/v1/datasets",
  operationId: "freezeDataset",
  ...needs("operate"),
  tags,
  summary: "Freeze a training set of a detector",
  description:
    "Makes the detector's rows of its archived events, without what its policy excludes, open incidents and rows labelled " +
    "anomalous, and keeps them under their hash. The same events and the same query give the same dataset. It answers when it " +
    "is done, which takes seconds per million events.",
  request: {
    headers: IDEMPOTENCY_HEADERS,
    body: { required: true, content: { "application/json": { schema: NewDataset } } },
  },
  middleware: jsonBody,
  responses: {
    200: { description: "The dataset.", content: { "application/json": { schema: DatasetDocument } } },
    ...problemResponses(
      ...(["MALFORMED", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "TOO_LARGE"] as const),
      ...(["UNSUPPORTED_MEDIA_TYPE", "VALIDATION", "IDEMPOTENCY_KEY_REUSED", "UNAVAILABLE"] as const),
    ),
  },
});

export const datasetRoutes = (
  app: Api,
  { table, blobs, clock, datasets }: Pick<ApiPorts, "table" | "blobs" | "clock" | "datasets">,
): void => {
  app.openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const after = cursor === undefined ? undefined : decodeCursor(LIST, cursor, isAfter).after;
    const found = await listDatasets(table, { after, limit: limit + 1 });
    const items = found.slice(0, limit);
    const last = found.length > limit ? items.at(-1) : undefined;
    return c.json({ items, cursor: last ? encodeCursor(LIST, { after: last.hash }) : null }, 200);
  });
  app.openapi(getOne, async (c) => {
    const { hash } = c.req.valid("param");
    const found = await findDataset(blobs, hash);
    if (!found) throw httpError("NOT_FOUND", `There is no dataset ${hash}.`);
    return c.json(found, 200);
  });
  app.openapi(freezeRoute, async (c) => {
    const { detector: id, ...range } = c.req.valid("json");
    const stored = (await getDetector(table, id)) ?? (await getMetricDetector(table, id));
    if (!stored) throw noDetector(id);
    const { detector } = stored;
    if (isLogDetector(detector)) {
      throw httpError("CONFLICT", `Detector "${id}" watches logs: it learns from sessions, which are in the table.`);
    }
    const query = await datasetQueryOf({ table }, detector, clock(), range);
    if (query.fromMs >= query.toMs) throw httpError("VALIDATION", "The range ends before it begins.");
    return c.json(await datasets.freeze(query), 200);
  });
};

const isAfter = (position: Record<string, unknown>): position is { after: string } =>
  typeof position.after === "string";

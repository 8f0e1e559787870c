import { createRoute, z } from "@hono/zod-openapi";
import { modelFamilyOf } from "@tidewatch/core/any-detector";
import { Manifest } from "@tidewatch/core/model/manifest";
import { LogManifest } from "@tidewatch/core/register/log-manifest";
import { loadAnyManifest } from "@tidewatch/core/register/log-models";
import { type ModelOverview, overviewOf } from "@tidewatch/core/register/promote-version";
import { listDetectors, partEntries } from "@tidewatch/core/store/detectors";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { ModelDocument, ModelPage, ModelPath, type ModelSummary, VersionPath } from "../schemas/models.ts";
import { cursorQuery, limitQuery } from "../schemas/paging.ts";

const LIST = "models";
const tags = ["Models"];
/** Models of a page: each is three reads. */
const MAX_PAGE = 200;
/** Newest numbers looked at for one that is registered: trainers that died leave gaps. */
const NEWEST = 20;

const ManifestDocument = z.union([
  Manifest.clone().openapi("Manifest"),
  LogManifest.clone().openapi("LogManifest", { description: "Of a log detector: `family` is `log-sessions`." }),
]);

const listRoute = createRoute({
  method: "get",
  path: "/v1/models",
  operationId: "listModels",
  ...needs("read"),
  tags,
  summary: "List the models of all detectors",
  description: "In the order of the detectors' ids. Detectors that learn row by row have none.",
  request: { query: z.object({ limit: limitQuery(50, MAX_PAGE), cursor: cursorQuery }) },
  responses: {
    200: { description: "A page of models.", content: { "application/json": { schema: ModelPage } } },
    ...problemResponses("VALIDATION"),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/models/{name}",
  operationId: "getModel",
  ...needs("read"),
  tags,
  summary: "Get a model's versions and aliases",
  description: "The newest versions, and which one is in use.",
  request: { params: ModelPath, query: z.object({ limit: limitQuery(100) }) },
  responses: {
    200: { description: "The model.", content: { "application/json": { schema: ModelDocument } } },
    ...problemResponses("NOT_FOUND", "VALIDATION"),
  },
});

const versionRoute = createRoute({
  method: "get",
  path: "/v1/models/{name}/versions/{version}",
  operationId: "getModelVersion",
  ...needs("read"),
  tags,
  summary: "Get the manifest of a model version",
  description:
    "All that explains its scores: features, scaling, calibration, and where it came from; of a log detector what it learnt from.",
  request: { params: VersionPath },
  responses: {
    200: { description: "The manifest.", content: { "application/json": { schema: ManifestDocument } } },
    ...problemResponses("NOT_FOUND", "VALIDATION", "CORRUPT"),
  },
});

export const modelReadRoutes = (app: Api, { table, blobs }: Pick<ApiPorts, "table" | "blobs">): void => {
  const registry = { table, blobs };
  app.openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const after = cursor === undefined ? "" : decodeCursor(LIST, cursor, isAfter).after;
    const found = await listDetectors(table, { after, limit: limit + 1 });
    const page = found.slice(0, limit);
    const items = await Promise.all(
      partEntries(page).readable.map(async (detector): Promise<ModelSummary> => {
        const { id } = detector;
        const { champion, previous, versions } = await overviewOf(registry, id, NEWEST);
        const newest = versions[0]?.version ?? null;
        return { name: id, family: modelFamilyOf(detector), champion, previous, newest };
      }),
    );
    return c.json({ items, cursor: found.length > limit ? encodeCursor(LIST, { after: page.at(-1)!.id }) : null }, 200);
  });
  app.openapi(getRoute, async (c) => {
    const { name } = c.req.valid("param");
    const { versions, ...overview } = await overviewOf(registry, name, c.req.valid("query").limit);
    if (versions.length === 0)
      throw httpError("NOT_FOUND", `No version of a model "${name}" was trained or imported here yet.`);
    return c.json({ ...overview, versions: versions.map(shownVersion) }, 200);
  });
  app.openapi(versionRoute, async (c) => {
    const { name, version } = c.req.valid("param");
    return c.json(await loadAnyManifest(registry, name, version), 200);
  });
};

const shownVersion = ({ version, trainedAtMs, trainingRows }: ModelOverview["versions"][number]) => ({
  ...{ version, createdAtMs: trainedAtMs ?? 0, trainingRows: trainingRows ?? 0 },
});

const isAfter = (position: Record<string, unknown>): position is { after: string } =>
  typeof position.after === "string";

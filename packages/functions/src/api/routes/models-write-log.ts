import { createRoute } from "@hono/zod-openapi";
import { importLogModel } from "@tidewatch/core/register/import-log";
import type { LogFiles } from "@tidewatch/core/register/log-files";
import { LOG_FILES } from "@tidewatch/core/register/log-manifest";
import type { Api } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { ImportedLogModel, LogModelImport } from "../schemas/log-models.ts";
import { ModelPath } from "../schemas/models.ts";
import { modelBody } from "./models-write.ts";

const importRoute = createRoute({
  method: "post",
  path: "/v1/models/{name}/log-versions",
  operationId: "importLogModel",
  ...needs("operate"),
  tags: ["Models"],
  summary: "Import a model of log sessions",
  description:
    "What `tidewatch logs train` writes: a manifest and the files that it names. It becomes a new version of the log detector " +
    "of this name. Once it is in use, no training by the clock replaces it.",
  request: {
    params: ModelPath,
    headers: IDEMPOTENCY_HEADERS,
    body: { required: true, content: { "application/json": { schema: LogModelImport } } },
  },
  middleware: modelBody,
  responses: {
    201: { description: "Registered.", content: { "application/json": { schema: ImportedLogModel } } },
    ...problemResponses(
      ...(["MALFORMED", "TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "VALIDATION"] as const),
      ...(["FORBIDDEN", "NOT_FOUND", "CONFLICT", "IDEMPOTENCY_KEY_REUSED"] as const),
    ),
  },
});

export const logModelWriteRoutes = (app: Api, ports: Pick<ApiPorts, "table" | "blobs" | "clock">): void => {
  app.openapi(importRoute, async (c) => {
    const { name } = c.req.valid("param");
    const { manifest, files: encoded, promote } = c.req.valid("json");
    const files: LogFiles = {};
    for (const file of LOG_FILES) {
      const text = encoded[file];
      if (text !== undefined) files[file] = new Uint8Array(Buffer.from(text, "base64"));
    }
    const imported = await importLogModel(ports, { detectorId: name, manifest, files }, promote);
    c.header("location", `/v1/models/${name}/versions/${imported.version}`);
    return c.json(imported, 201);
  });
};

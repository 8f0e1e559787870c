import { createRoute } from "@hono/zod-openapi";
import { AppError } from "@tidewatch/core/errors";
import type { Manifest } from "@tidewatch/core/model/manifest";
import { type Imported, importModel } from "@tidewatch/core/register/import";
import { promoteVersion } from "@tidewatch/core/register/promote-version";
import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { callerOf } from "../http/auth.ts";
import { jsonBody, MAX_BODY_BYTES } from "../http/body.ts";
import type { Api, ApiEnv } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { ImportedModel, ModelImport, ModelPath, Promotion } from "../schemas/models.ts";

const tags = ["Models"];
const bodyProblems = ["MALFORMED", "TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "VALIDATION"] as const;
const writeProblems = ["FORBIDDEN", "NOT_FOUND", "CONFLICT", "IDEMPOTENCY_KEY_REUSED"] as const;

/** What base64 leaves of the largest body. */
const MEGABYTES_MAX = Math.floor((MAX_BODY_BYTES * 0.75) / 1e6);

/** Says what else there is: a model cannot be sent in parts. */
export const modelBody: MiddlewareHandler<ApiEnv> = async (c, next) => {
  try {
    return await jsonBody(c, next);
  } catch (error) {
    if (!(error instanceof HTTPException && error.status === 413)) throw error;
    throw httpError(
      "TOO_LARGE",
      `The request is larger than ${MAX_BODY_BYTES} bytes, a model of about ${MEGABYTES_MAX} MB as base64. Import a larger one ` +
        "with `tidewatch models import` and --directory (a pipeline on that machine) or --table and --bucket (on AWS).",
    );
  }
};

const importRoute = createRoute({
  method: "post",
  path: "/v1/models/{name}/versions",
  operationId: "importModel",
  ...needs("operate"),
  tags,
  summary: "Import a model that was made elsewhere",
  description:
    "Checks the ONNX file, tries it in a process of its own, calibrates its scores, and registers it as a new version for the " +
    "detector of this name, whose model family must be `onnx`. At most 10 MB of request; where functions run the API there " +
    "is no such process, and models are imported by the command line.",
  request: {
    params: ModelPath,
    headers: IDEMPOTENCY_HEADERS,
    body: { required: true, content: { "application/json": { schema: ModelImport } } },
  },
  middleware: modelBody,
  responses: {
    201: { description: "Registered.", content: { "application/json": { schema: ImportedModel } } },
    ...problemResponses(...bodyProblems, ...writeProblems),
  },
});

const promoteRoute = createRoute({
  method: "post",
  path: "/v1/models/{name}/promote",
  operationId: "promoteModel",
  ...needs("operate"),
  tags,
  summary: "Put a version into use, or go back to the one before",
  description:
    "All scorers use it within half a minute. A version of another family, or made for other features, is refused.",
  request: {
    params: ModelPath,
    headers: IDEMPOTENCY_HEADERS,
    body: { required: true, content: { "application/json": { schema: Promotion } } },
  },
  middleware: jsonBody,
  responses: {
    200: { description: "The version that is in use now.", content: { "application/json": { schema: Promotion } } },
    ...problemResponses(...bodyProblems, ...writeProblems),
  },
});

const ROLLED_BACK = "rolled back on demand";

type Ports = Pick<ApiPorts, "table" | "blobs" | "clock" | "examine">;

export const modelWriteRoutes = (app: Api, ports: Ports): void => {
  app.openapi(importRoute, async (c) => {
    const { name } = c.req.valid("param");
    const { manifest, onnx, reference, promote } = c.req.valid("json");
    if (manifest.detector !== undefined && manifest.detector !== name) {
      throw new AppError("VALIDATION", `The manifest is for detector "${manifest.detector}", the path for "${name}".`);
    }
    const imported = await importModel(ports, {
      detectorId: name,
      onnx: new Uint8Array(Buffer.from(onnx, "base64")),
      manifest,
      reference: reference && { rows: reference.rows, timestamps: reference.timestampsMs },
    });
    if (promote)
      await promoteVersion(ports, name, imported.manifest.version, {
        by: callerOf(c),
        reason: "imported with the wish to use it",
      });
    c.header("location", `/v1/models/${name}/versions/${imported.manifest.version}`);
    return c.json(importedModel(imported, promote), 201);
  });
  app.openapi(promoteRoute, async (c) => {
    const { name } = c.req.valid("param");
    const { version } = c.req.valid("json");
    const cause = { by: callerOf(c), reason: version === "previous" ? ROLLED_BACK : "asked for" };
    return c.json({ version: await promoteVersion(ports, name, version, cause) }, 200);
  });
};

/** The report of an import. */
export const importedModel = ({ manifest, signature, msPerRow }: Imported, promoted: boolean): ImportedModel => {
  const { reading, output, positiveClass } = signature;
  return {
    ...namesOf(manifest),
    ...{ output, outputIs: reading.kind },
    ...(positiveClass === undefined ? {} : { positiveClass }),
    ...(reading.kind === "reconstruction" ? {} : { higherIsAnomalous: reading.sign > 0 }),
    ...{ msPerRow, referenceRows: manifest.trainingRows, promoted },
  };
};

const namesOf = ({ name, version, onnxBytes, onnxSha256 }: Manifest) => ({ name, version, onnxBytes, onnxSha256 });

import { createRoute, z } from "@hono/zod-openapi";
import { type DetectorEntry, deleteDetector, detectorEntry, putDetector } from "@tidewatch/core/store/detectors";
import type { Table } from "@tidewatch/core/store/ports";
import { jsonBody } from "../http/body.ts";
import type { Api, ApiContext } from "../http/env.ts";
import { checkPreconditions, etagOf } from "../http/etag.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { DETECTOR_EXAMPLES, DetectorDocument, DetectorPath } from "../schemas/detector.ts";
import { noDetector } from "./detectors-read.ts";

const tags = ["Detectors"];
const answer = { "application/json": { schema: DetectorDocument } };
const content = { "application/json": { schema: DetectorDocument, examples: DETECTOR_EXAMPLES } };
const body = { required: true, content };
const bodyProblems = [
  "MALFORMED",
  "FORBIDDEN",
  "CONFLICT",
  "TOO_LARGE",
  "UNSUPPORTED_MEDIA_TYPE",
  "VALIDATION",
] as const;
const conditionHeaders = IDEMPOTENCY_HEADERS.extend({
  "if-match": z
    .string()
    .optional()
    .openapi({ description: "`ETag` of the state to change; refused when it is another." }),
});

const createOne = createRoute({
  method: "post",
  path: "/v1/detectors",
  operationId: "createDetector",
  ...needs("operate"),
  tags,
  summary: "Create a detector",
  description:
    "One of metrics needs `id` and `features`, one of logs `id` and `match.type`: all else has a default. Consumers use it " +
    "within seconds.",
  request: { headers: IDEMPOTENCY_HEADERS, body },
  middleware: jsonBody,
  responses: {
    201: { description: "Created; `Location` says where it is.", content: answer },
    ...problemResponses(...bodyProblems, "IDEMPOTENCY_KEY_REUSED"),
  },
});

const replaceOne = createRoute({
  method: "put",
  path: "/v1/detectors/{id}",
  operationId: "putDetector",
  ...needs("operate"),
  tags,
  summary: "Create or replace a detector",
  description:
    "The document as a whole. `If-Match` guards against overwriting somebody else's change, `If-None-Match: *` against " +
    "overwriting anything. When `match`, `features`, interval, lateness, missing-data policy or shingle change, its series " +
    "start afresh and it needs a new model.",
  request: { params: DetectorPath, headers: conditionHeaders, body },
  middleware: jsonBody,
  responses: {
    200: { description: "Replaced.", content: answer },
    201: { description: "Created.", content: answer },
    ...problemResponses(...bodyProblems, "PRECONDITION_FAILED", "IDEMPOTENCY_KEY_REUSED"),
  },
});

const deleteOne = createRoute({
  method: "delete",
  path: "/v1/detectors/{id}",
  operationId: "deleteDetector",
  ...needs("operate"),
  tags,
  summary: "Delete a detector",
  description: "Scoring stops; results, series and models stay.",
  request: { params: DetectorPath, headers: conditionHeaders },
  responses: {
    204: { description: "Deleted." },
    ...problemResponses("FORBIDDEN", "NOT_FOUND", "CONFLICT", "PRECONDITION_FAILED", "IDEMPOTENCY_KEY_REUSED"),
  },
});

export const detectorWriteRoutes = (app: Api, { table }: Pick<ApiPorts, "table">): void => {
  app.openapi(createOne, async (c) => {
    const detector = c.req.valid("json");
    const outcome = await putDetector(table, detector, undefined);
    if (outcome === "conflict") {
      throw httpError("CONFLICT", `There is a detector "${detector.id}" already; replace it with PUT.`);
    }
    c.header("location", `/v1/detectors/${detector.id}`);
    c.header("etag", etagOf({ detector, version: 1 }));
    return c.json(detector, 201);
  });
  app.openapi(replaceOne, async (c) => {
    const { id } = c.req.valid("param");
    const detector = c.req.valid("json");
    if (detector.id !== id) {
      const errors = [{ path: "id", message: `must be "${id}", the id of the path` }];
      throw httpError("VALIDATION", "The document is that of another detector.", { errors });
    }
    const before = await changeDetector(c, table, id, (there) => putDetector(table, detector, there?.version));
    c.header("etag", etagOf({ detector, version: (before?.version ?? 0) + 1 }));
    return before ? c.json(detector, 200) : c.json(detector, 201);
  });
  app.openapi(deleteOne, async (c) => {
    const { id } = c.req.valid("param");
    await changeDetector(c, table, id, (there) => {
      if (!there) throw noDetector(id);
      return deleteDetector(table, id, there.version);
    });
    return c.body(null, 204);
  });
};

/** Writers that got in between: each time the request's own conditions are looked at again. */
const MAX_ATTEMPTS = 10;

/** Reads, checks the request's conditions, writes on condition of what was read; gives what was there before. */
const changeDetector = async (
  c: ApiContext,
  table: Table,
  id: string,
  write: (there: DetectorEntry | undefined) => Promise<"written" | "conflict">,
): Promise<DetectorEntry | undefined> => {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const there = await detectorEntry(table, id);
    checkPreconditions(c, there);
    if ((await write(there)) === "written") return there;
  }
  throw httpError("CONFLICT", `Others keep changing detector "${id}"; try again.`);
};

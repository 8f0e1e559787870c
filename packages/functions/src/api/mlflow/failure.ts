import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ApiContext } from "../http/env.ts";
import type { Failure, ProblemCode } from "../http/problem.ts";
import { routeOf } from "../http/route-access.ts";

/** Paths of MLflow's protocol: its clients read failures in its own form. */
const PATHS = /^\/api\/[23]\.0\/mlflow(?:-artifacts)?\//;

export const isMlflow = (c: ApiContext): boolean => PATHS.test(c.req.path);

type Answer = { errorCode: string; status?: ContentfulStatusCode };

/**
 * What each failure is called there, and its HTTP status where MLflow has another one than we
 * (`ERROR_CODE_TO_HTTP_STATUS` in mlflow/exceptions.py). Its clients try 429 and 500 to 504 again, for minutes.
 */
const ANSWERS = {
  MALFORMED: { errorCode: "BAD_REQUEST" },
  UNAUTHENTICATED: { errorCode: "UNAUTHENTICATED" },
  FORBIDDEN: { errorCode: "PERMISSION_DENIED" },
  MISSING_SCOPE: { errorCode: "PERMISSION_DENIED" },
  NOT_FOUND: { errorCode: "RESOURCE_DOES_NOT_EXIST" },
  METHOD_NOT_ALLOWED: { errorCode: "ENDPOINT_NOT_FOUND", status: 404 },
  CONFLICT: { errorCode: "INVALID_PARAMETER_VALUE", status: 400 },
  PRECONDITION_FAILED: { errorCode: "BAD_REQUEST" },
  TOO_LARGE: { errorCode: "INVALID_PARAMETER_VALUE" },
  UNSUPPORTED_MEDIA_TYPE: { errorCode: "BAD_REQUEST" },
  VALIDATION: { errorCode: "INVALID_PARAMETER_VALUE", status: 400 },
  IDEMPOTENCY_KEY_REUSED: { errorCode: "BAD_REQUEST" },
  RATE_LIMITED: { errorCode: "REQUEST_LIMIT_EXCEEDED" },
  CORRUPT: { errorCode: "DATA_LOSS" },
  INTERNAL: { errorCode: "INTERNAL_ERROR" },
  UNAVAILABLE: { errorCode: "TEMPORARILY_UNAVAILABLE" },
} as const satisfies Record<ProblemCode, Answer>;

/** The failure as MLflow's clients know it. */
export const mlflowFailure = (c: ApiContext, failure: Failure, status: ContentfulStatusCode): Response => {
  const answer: Answer = ANSWERS[failure.code];
  const isUnknown = failure.code === "NOT_FOUND" && routeOf(c) === undefined;
  const errorCode = failure.mlflowCode ?? (isUnknown ? "ENDPOINT_NOT_FOUND" : answer.errorCode);
  const fields = (failure.errors ?? []).map(({ path, message }) => fieldText(path, message));
  const message = fields.length > 0 ? fields.join(" ") : failure.detail;
  const text = failure.code === "INTERNAL" ? `${message} Request: ${c.get("requestId")}.` : message;
  return c.json({ error_code: errorCode, message: text }, isNotThere(errorCode) ?? answer.status ?? status);
};

const NOT_IMPLEMENTED = 501;
const isNotThere = (errorCode: string): ContentfulStatusCode | undefined =>
  errorCode === "NOT_IMPLEMENTED" ? NOT_IMPLEMENTED : undefined;

const fieldText = (path: string, message: string): string =>
  message === MISSING
    ? `Missing value for required parameter '${path}'.`
    : `Invalid value for parameter '${path}': ${message}`;

export const MISSING = "is missing";

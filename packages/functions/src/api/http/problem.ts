import { z } from "@hono/zod-openapi";
import { AppError, type ErrorCode } from "@tidewatch/core/errors";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ZodError } from "zod";
import { Progress } from "../events/progress.ts";
import { isMlflow, mlflowFailure } from "../mlflow/failure.ts";
import type { ApiContext } from "./env.ts";

type HttpOnlyCode =
  | "MALFORMED"
  | "UNAUTHENTICATED"
  | "MISSING_SCOPE"
  | "RATE_LIMITED"
  | "FORBIDDEN"
  | "METHOD_NOT_ALLOWED"
  | "PRECONDITION_FAILED"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "IDEMPOTENCY_KEY_REUSED";
export type ProblemCode = ErrorCode | HttpOnlyCode;

/** The one table of what each failure is over HTTP. Codes are stable: clients branch on them. */
const PROBLEMS = {
  MALFORMED: { status: 400, title: "The request cannot be read" },
  UNAUTHENTICATED: { status: 401, title: "An API key is needed" },
  FORBIDDEN: { status: 403, title: "Not allowed" },
  MISSING_SCOPE: { status: 403, title: "The API key may not do this" },
  NOT_FOUND: { status: 404, title: "There is no such thing" },
  METHOD_NOT_ALLOWED: { status: 405, title: "The path does not take this method" },
  CONFLICT: { status: 409, title: "The present state does not allow it" },
  PRECONDITION_FAILED: { status: 412, title: "It has changed in the meantime" },
  TOO_LARGE: { status: 413, title: "Too large" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: "Unknown content type or encoding" },
  VALIDATION: { status: 422, title: "A value breaks a rule" },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: "The idempotency key belongs to another request" },
  RATE_LIMITED: { status: 429, title: "Too many requests" },
  CORRUPT: { status: 500, title: "Stored data cannot be read" },
  INTERNAL: { status: 500, title: "Something went wrong here" },
  UNAVAILABLE: { status: 503, title: "Not available at the moment" },
} as const satisfies Record<ProblemCode, { status: ContentfulStatusCode; title: string }>;

const PROBLEM_CONTENT_TYPE = "application/problem+json";

const FieldError = z.object({
  path: z.string().openapi({ description: "The field, with dots: `features.0.metric`; empty for the whole." }),
  message: z.string().openapi({ description: "The rule that it breaks." }),
});
export type FieldError = z.output<typeof FieldError>;

export const Problem = z
  .object({
    type: z.string().openapi({ description: "Names the kind of problem; stable." }),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string(),
    errors: z.array(FieldError).optional(),
    // Of `POST /v1/events`, when the stream failed half-way.
    ...Progress.partial().shape,
    requestId: z.string(),
  })
  .openapi("Problem", {
    description: "RFC 9457 problem document.",
    example: {
      type: "urn:tidewatch:problem:not-found",
      title: "There is no such thing",
      status: 404,
      code: "NOT_FOUND",
      detail: 'There is no detector "cpu".',
      requestId: "5f0c954e-7c0d-4f0e-9d5c-0a3f3b1f6a3e",
    },
  });
export type Problem = z.output<typeof Problem>;

type Extra = {
  errors?: FieldError[];
  /** What MLflow calls it, where its own word for the code is not the one. */
  mlflowCode?: string;
} & Partial<Progress>;
export type Failure = { code: ProblemCode; detail: string } & Extra;

/** A failure that ends the request. `cause` carries what the document needs; `onError` writes it. */
export const httpError = (code: ProblemCode, detail: string, extra: Extra = {}): HTTPException =>
  new HTTPException(PROBLEMS[code].status, { message: detail, cause: { code, detail, ...extra } satisfies Failure });

/** `in` tells a path parameter from a query one of the same name; the body needs no prefix. */
export const fieldErrors = (error: ZodError, prefix = ""): FieldError[] =>
  error.issues.flatMap(deepestIssues).map((issue) => ({
    path: [prefix, ...issue.path.map(String)].filter((part) => part !== "").join("."),
    message: issue.message,
  }));

type Issue = Pick<ZodError["issues"][number], "path" | "message">;
/**
 * Of a value that may have one of several shapes: what is wrong with it by the shape that it comes closest to, which is the
 * one that got deepest into it. Where none got into it, the rule for the whole.
 */
const deepestIssues = (issue: ZodError["issues"][number]): Issue[] => {
  if (issue.code !== "invalid_union") return [issue];
  const shapes = issue.errors.map((issues) => issues.flatMap(deepestIssues));
  const depthOf = (issues: readonly Issue[]) => Math.max(0, ...issues.map(({ path }) => path.length));
  const closest = shapes.reduce((best, next) => (depthOf(next) > depthOf(best) ? next : best), []);
  if (closest.length === 0) return [issue];
  return closest.map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
};

const failureOf = (error: unknown): Failure => {
  if (error instanceof HTTPException) return failureOfHttp(error);
  if (error instanceof ZodError) {
    return { code: "VALIDATION", detail: "The request breaks a rule.", errors: fieldErrors(error) };
  }
  if (error instanceof AppError && error.code !== "INTERNAL") return { code: error.code, detail: error.message };
  return { code: "INTERNAL", detail: "The log has the reason under this request id." };
};

const failureOfHttp = (error: HTTPException): Failure => {
  if (isFailure(error.cause)) return error.cause;
  const known = Object.entries(PROBLEMS).find(([, { status }]) => status === error.status);
  return { code: (known?.[0] as ProblemCode | undefined) ?? "INTERNAL", detail: error.message };
};

const isFailure = (value: unknown): value is Failure =>
  typeof value === "object" && value !== null && "code" in value && "detail" in value;

export const problemResponse = (c: ApiContext, failure: Failure): Response => {
  const { code, detail, mlflowCode: _, ...extra } = failure;
  const requestId = c.get("requestId");
  if (isMlflow(c)) {
    c.set("problemCode", code);
    return mlflowFailure(c, failure, PROBLEMS[code].status);
  }
  const type = `urn:tidewatch:problem:${code.toLowerCase().replaceAll("_", "-")}`;
  const document: Problem = { type, ...PROBLEMS[code], code, detail, ...extra, requestId };
  c.set("problemCode", code);
  return c.body(JSON.stringify(document), PROBLEMS[code].status, { "content-type": PROBLEM_CONTENT_TYPE });
};

export const onError = (error: unknown, c: ApiContext): Response => {
  c.set("failure", error);
  return problemResponse(c, failureOf(error));
};

/** OpenAPI responses of the problems that an operation can answer. */
export const problemResponses = (...codes: ProblemCode[]) => {
  const content = { [PROBLEM_CONTENT_TYPE]: { schema: Problem } };
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of [...codes, "INTERNAL" as const]) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses = [...byStatus].map(([status, all]) => [
    status,
    { description: all.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(" "), content },
  ]);
  return Object.fromEntries(responses) as Record<never, never>;
};

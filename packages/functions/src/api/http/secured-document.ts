import { type ProblemCode, problemResponses } from "./problem.ts";

type Answers = Record<string, { description: string }>;
type Operation = { "x-scope"?: unknown; description?: string; responses?: Answers; security?: object[] };
type Document = { paths?: Record<string, object> | undefined };

const METHODS = ["get", "put", "post", "delete", "patch"];
/** What every operation that needs a key may answer beside its own problems. */
const KEY_PROBLEMS: ProblemCode[] = ["UNAUTHENTICATED", "MISSING_SCOPE", "RATE_LIMITED"];

export const SECURITY_SCHEMES = {
  apiKey: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "tw_<id>_<secret>",
    description:
      "An API key. Each operation names the scope that the key needs; `admin` implies all, `operate` `read`.",
  },
} as const;

/** Writes what `x-scope` means into each operation, in one place: security, the problems, a sentence. */
export const describeSecurity = <T extends Document>(document: T, requireKeys: boolean): T => {
  for (const methods of Object.values(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(methods)) {
      if (METHODS.includes(method)) describeOperation(operation as Operation, requireKeys);
    }
  }
  return document;
};

const describeOperation = (operation: Operation, requireKeys: boolean): void => {
  const scope = operation["x-scope"];
  if (scope === "public") {
    operation.security = [];
    operation.description = `${operation.description ?? ""}\n\nPublic: takes no key.`;
    return;
  }
  operation.security = requireKeys ? [{ apiKey: [] }] : [{}, { apiKey: [] }];
  operation.description = `${operation.description ?? ""}\n\nNeeds a key with the scope \`${scope}\`.`;
  operation.responses = merged(operation.responses ?? {}, problemResponses(...KEY_PROBLEMS));
};

/** Two problems of one status share an answer, which names both. */
const merged = (own: Answers, more: Answers): Answers => {
  const all: Answers = { ...more, ...own };
  for (const [status, { description }] of Object.entries(more)) {
    const known = own[status];
    if (known && !known.description.includes(description)) {
      all[status] = { ...known, description: `${known.description} ${description}` };
    }
  }
  return all;
};

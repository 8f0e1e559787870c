import { AppError, type ErrorCode } from "@tidewatch/core/errors";

/** A server that takes longer than this to answer one request counts as away. */
const REQUEST_TIMEOUT_MS = 30_000;

export type RequestOptions = { body?: string | Uint8Array; headers?: Record<string, string>; signal?: AbortSignal };
/** What says where a server is and who asks: the options `--url` and `--api-key`. */
export type Server = { url: string; apiKey?: string | undefined };
export type Client = { url: string; request(method: string, path: string, options?: RequestOptions): Promise<unknown> };

/** RFC 9457, as far as it is shown. */
type Problem = { title?: string; detail?: string; errors?: { path?: string; message?: string }[]; requestId?: string };
/** An answer that is a failure, for those that can do something about it. */
export type Refusal = { problem: unknown; retryAfterMs: number | undefined };

const codeOf = (status: number): ErrorCode => {
  if (status === 404) return "NOT_FOUND";
  if (status === 409 || status === 412) return "CONFLICT";
  if (status === 413) return "TOO_LARGE";
  if (status === 429 || status === 408 || status >= 502) return "UNAVAILABLE";
  return status >= 500 ? "INTERNAL" : "VALIDATION";
};

/**
 * Talks JSON to a Tidewatch server. Every failure is an `AppError` whose message says what to do; `UNAVAILABLE` ones
 * (no connection, time-out, 408, 429, 502 and up) are worth a retry. Those that the server answered hold a `Refusal`.
 */
export const httpClient = ({ url, apiKey }: Server, timeoutMs = REQUEST_TIMEOUT_MS): Client => ({
  url,
  async request(method, path, { body, headers, signal } = {}) {
    if (apiKey && !HEADER_VALUE.test(apiKey.trim()))
      throw new AppError("VALIDATION", `The API key is none. ${KEY_HINT}`);
    const timeout = AbortSignal.timeout(timeoutMs);
    const init: RequestInit = {
      method,
      headers: {
        accept: "application/json",
        ...(apiKey ? { authorization: `Bearer ${apiKey.trim()}` } : {}),
        ...(body ? { "content-type": "application/json" } : {}),
        ...headers,
      },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    };
    if (body !== undefined) init.body = body as NonNullable<RequestInit["body"]>;
    const response = await fetch(new URL(path, url), init).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw unreachable(url, timeoutMs, error);
    });
    return response.ok ? readJson(url, response) : refuse(url, response);
  },
});

const unreachable = (url: string, timeoutMs: number, error: unknown): AppError => {
  if (error instanceof Error && error.name === "TimeoutError") {
    return new AppError(
      "UNAVAILABLE",
      `${url} did not answer within ${timeoutMs / 1000} s; see whether the server is overloaded.`,
      { cause: error },
    );
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
  const why = (cause as NodeJS.ErrnoException | undefined)?.code ?? cause?.message ?? "no connection";
  return new AppError(
    "UNAVAILABLE",
    `No server answers at ${url} (${why}); start one with \`tidewatch start\`, or give its address with --url.`,
    { cause: error },
  );
};

const readJson = async (url: string, response: Response): Promise<unknown> => {
  const text = await response.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError(
      "VALIDATION",
      `${url} answered with something that is not JSON; is it really the address of a Tidewatch server?`,
      { cause },
    );
  }
};

/** What may stand in a header: without this check a key with a typing error would look like a server that is away. */
const HEADER_VALUE = /^[\x21-\x7e]+$/;
const KEY_HINT = "The variable TIDEWATCH_API_KEY, or --api-key, gives the key; `tidewatch keys create` makes one.";

const refuse = async (url: string, response: Response): Promise<never> => {
  const problem = asProblem(await response.text());
  const { status } = response;
  const retryAfterMs = retryAfterOf(response.headers.get("retry-after"));
  if (!problem) {
    const message = `${url} answered ${status} without saying why; is it really the address of a Tidewatch server?`;
    throw Object.assign(new AppError(codeOf(status), message), { problem, retryAfterMs } satisfies Refusal);
  }
  const fields = (problem.errors ?? []).map(({ path, message }) => [path, message].filter(Boolean).join(": "));
  const reason = [problem.detail ?? problem.title ?? `The server answered ${status}.`, ...fields].join("\n  ");
  if (status === 401) throw new AppError("VALIDATION", `${reason}\n  ${KEY_HINT}`);
  const message = status >= 500 ? `${reason} (request ${problem.requestId ?? "unknown"})` : reason;
  throw Object.assign(new AppError(codeOf(status), message), { problem, retryAfterMs } satisfies Refusal);
};

/** What the server said when it refused; nothing when it did not answer. */
export const refusalOf = (error: unknown): Partial<Refusal> =>
  error instanceof AppError ? (error as Partial<Refusal>) : {};

/** RFC 9110, 10.2.3: seconds, or a date. */
const retryAfterOf = (header: string | null): number | undefined => {
  if (header === null || header.trim() === "") return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
};

const asProblem = (text: string): Problem | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && ("title" in value || "detail" in value)
      ? (value as Problem)
      : undefined;
  } catch {
    return undefined;
  }
};

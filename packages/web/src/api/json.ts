import { keyHeader } from "../access/api-key.ts";

/** An answer that is no success; `status` is undefined when nobody answered. */
export type ApiFailure = Error & { status: number | undefined };

const failure = (message: string, status?: number): ApiFailure => Object.assign(new Error(message), { status });

export const isNotFound = (error: unknown): boolean => (error as Partial<ApiFailure>).status === 404;

/** A request that takes longer than this counts as unanswered. */
const TIMEOUT_MS = 15_000;

/**
 * Gets JSON from the API of the same origin. Throws `ApiFailure` with the problem document's own words.
 * @param key instead of the one that is kept
 */
export const getJson = async <T>(path: string, signal: AbortSignal, key?: string): Promise<T> =>
  (await request(path, { signal }, key)).json();

/** The same for text that is no JSON. */
export const getText = async (path: string, signal: AbortSignal): Promise<string> =>
  (await request(path, { signal })).text();

/** The same for a document that is sent. */
export const postJson = async <T>(path: string, body: unknown, signal: AbortSignal): Promise<T> => {
  const headers = { "content-type": "application/json" };
  return (await request(path, { signal, method: "POST", body: JSON.stringify(body), headers })).json();
};

type Options = Omit<RequestInit, "signal" | "headers"> & { signal: AbortSignal; headers?: Record<string, string> };

const request = async (path: string, { signal, headers, ...options }: Options, key?: string): Promise<Response> => {
  const response = await fetch(path, {
    ...options,
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    headers: { accept: "application/json", ...headers, ...keyHeader(key) },
  }).catch((error: Error) => {
    throw signal.aborted ? error : failure("The API does not answer.");
  });
  if (response.ok) return response;
  const problem: { title?: string; detail?: string } = await response.json().catch(() => ({}));
  throw failure(problem.detail ?? problem.title ?? `The API answered ${response.status}.`, response.status);
};

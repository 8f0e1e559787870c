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
export const getJson = <T>(path: string, signal: AbortSignal, key?: string): Promise<T> =>
  request(path, { signal }, key);

/** The same for a document that is sent. */
export const postJson = <T>(path: string, body: unknown, signal: AbortSignal): Promise<T> =>
  request(path, {
    signal,
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

type Options = Omit<RequestInit, "signal" | "headers"> & { signal: AbortSignal; headers?: Record<string, string> };

const request = async <T>(path: string, { signal, headers, ...options }: Options, key?: string): Promise<T> => {
  const response = await fetch(path, {
    ...options,
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    headers: { accept: "application/json", ...headers, ...keyHeader(key) },
  }).catch((error: Error) => {
    throw signal.aborted ? error : failure("The API does not answer.");
  });
  if (response.ok) return response.json();
  const problem: { title?: string; detail?: string } = await response.json().catch(() => ({}));
  throw failure(problem.detail ?? problem.title ?? `The API answered ${response.status}.`, response.status);
};
